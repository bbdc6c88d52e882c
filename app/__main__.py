"""`python -m app` is the command `finetune-bot`."""

from app.command_line import main

if __name__ == "__main__":
    main()
