"""One whole decision of the sample team, played by several people, told as plain text, checked in the tables."""

from bot.demo.story.plot import play
from bot.demo.story.stage import StoryFailed

__all__ = ["StoryFailed", "play"]
