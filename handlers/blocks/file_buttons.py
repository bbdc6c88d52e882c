"""What can be done with a training file, by the action_ids of the buttons that offer it in several places. A button's
value is the data set's id."""

from typing import Final

START: Final = "start_job"
REHEARSE: Final = "rehearse"
CURVE: Final = "curve"
