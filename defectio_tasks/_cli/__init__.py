"""The command line: when loops run, for whoever asks in a terminal."""
