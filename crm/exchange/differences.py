"""A value before and after, with a word for the eye when both look the same."""

import re
from typing import NamedTuple

from django.utils.translation import gettext as _

from crm.exchange.formulas import is_harmless

_UNSEEN = re.compile("[\\s\x00-\x1f\x7f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


class Difference(NamedTuple):
    heading: str
    before: str
    after: str

    @property
    def remark(self) -> str:
        """What tells them apart; empty when one sees it."""
        if _UNSEEN.sub("", self.before) != _UNSEEN.sub("", self.after):
            return ""
        if self.before != self.after:
            return _("spaces or invisible characters put right")
        if not is_harmless(self.after):
            return _("kept as it is: never run, and exports put an apostrophe before it")
        return _("the difference is further on in the text")
