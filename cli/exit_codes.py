"""The exit codes of commands: those of the vendor, and 6 for a run that left stories unfinished."""

from enum import IntEnum

from stories.errors import (
    AuthenticationFailed,
    ContentRejected,
    CreditsExhausted,
    RateLimited,
    StoriesError,
)


class ExitCode(IntEnum):
    """Exit codes; scripts of the vendor rely on 0 to 5."""

    SUCCESS = 0
    FAILURE = 1
    AUTHENTICATION = 2
    CREDITS = 3
    CONTENT_REJECTED = 4
    RATE_LIMITED = 5
    STORIES_LEFT = 6


def exit_code_of(error: StoriesError) -> ExitCode:
    """Return the exit code for an error that ends a command."""
    match error:
        case AuthenticationFailed():
            return ExitCode.AUTHENTICATION
        case CreditsExhausted():
            return ExitCode.CREDITS
        case ContentRejected():
            return ExitCode.CONTENT_REJECTED
        case RateLimited():
            return ExitCode.RATE_LIMITED
        case _:
            return ExitCode.FAILURE
