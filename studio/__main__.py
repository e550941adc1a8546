"""`python -m studio`: a studio whose settings come over stdin; see `studio.process`."""

# Drawing processes import this module again under another name, and must not load the server with it.
if __name__ == "__main__":
    import sys

    from studio.child import main

    sys.exit(main())
