"""What `salesdx`, `python -m salesdx` and `cli.py` run. Nothing is imported before an interruption ends it quietly.

While Python itself starts, some hundredths of a second, no program can answer for it.
"""

import os


def main() -> None:
    """Run the command line and leave with its status, which `salesdx.cli.streams` lists."""
    try:
        import gc
        import signal

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where it is ignored, as under nohup
            signal.signal(signal.SIGINT, lambda number, _: os._exit(128 + number))
        gc.set_threshold(100_000, 50, 50)  # a command is short: the collector would walk what was only just loaded
        from salesdx.cli import cli
        from salesdx.cli.streams import run
    except KeyboardInterrupt:  # came before the handler
        os._exit(130)
    run(lambda: cli(prog_name="salesdx"))


if __name__ == "__main__":
    main()
