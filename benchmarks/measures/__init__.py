"""How each thing is measured, in a process of its own.

A measure is a coroutine function that takes an adapter and the arguments that the catalogue has
for it. It checks that what it timed was really done.
"""
