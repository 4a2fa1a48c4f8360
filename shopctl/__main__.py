"""`python -m shopctl`."""

from shopctl.cli import main

if __name__ == "__main__":
    main()
