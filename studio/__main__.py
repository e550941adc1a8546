"""`python -m studio`: serve a studio whose settings arrive on stdin; see `studio.process`."""

# The forkserver of the drawing processes imports this module again under another name; it must not load the server.
if __name__ == "__main__":
    import sys

    from studio.server import serve_parent_process

    sys.exit(serve_parent_process())
