"""Import structlog without rich, which structlog loads where it is installed, for tracebacks that relay never prints.

Rich would take memory of each process. Import this module before anything that imports structlog.
"""

import sys

if "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]  # what Python has for a module that cannot be imported
    try:
        import structlog as structlog
    finally:
        del sys.modules["rich"]
