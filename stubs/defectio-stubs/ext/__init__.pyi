# The host has no such file. Without it, pyright and basedpyright read the host's code instead of
# the stubs wherever somebody writes `from defectio.ext import commands`.
