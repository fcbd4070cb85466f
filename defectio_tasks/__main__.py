"""``python -m defectio_tasks``: see when loops run, without starting a bot."""

import sys

from defectio_tasks._cli.main import main

if __name__ == "__main__":
    sys.exit(main())
