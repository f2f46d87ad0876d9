"""``python -m tundish`` is ``tundish``."""

from tundish.cli import main

if __name__ == "__main__":
    main()
