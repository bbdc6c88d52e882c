"""`python -m bot` is the command `finetune-bot`."""

from bot.cli import main

if __name__ == "__main__":
    main()
