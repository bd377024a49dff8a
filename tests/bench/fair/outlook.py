"""How long the table probably still takes. Pure: whoever calls has looked at the clock."""

import math

OTHER_SECONDS = 30.0  # of a row besides its pairs, as long as none is over
PAUSE_SECONDS = 1.0  # likewise, of each pair besides its blocks


class Outlook:
    """Rows are taken to be like those that are over, on average."""

    def __init__(self, rows, least, most, block_seconds):
        self.rows, self.least, self.most, self.block_seconds = rows, least, most, block_seconds
        self.over = []

    def row_is_over(self, pairs, pair_seconds, other_seconds):
        """`pairs` took `pair_seconds` in all; what was before, between and after them the other. One that could not be
        measured had no pairs."""
        self.over.append((pairs, pair_seconds, other_seconds))

    def seconds_left(self, pairs_done=0):
        """While a row is under way that has so many pairs."""
        measured = [row for row in self.over if row[0]]
        if measured:
            pairs, pair_seconds, other_seconds = (sum(column) / len(measured) for column in zip(*measured))
            pair_seconds /= pairs
        else:
            pairs, pair_seconds = (self.least + self.most) / 2, 2 * self.block_seconds + PAUSE_SECONDS
            other_seconds = OTHER_SECONDS
        here = max(pairs, min(self.most, pairs_done + 1)) - pairs_done
        to_come = self.rows - len(self.over) - 1
        return here * pair_seconds + (0 if pairs_done else other_seconds) + to_come * (pairs * pair_seconds + other_seconds)

    def words(self, pairs_done=0):
        """For people, who like to know when to come back."""
        minutes = math.ceil(self.seconds_left(pairs_done) / 60)
        return f"about {minutes} min left" if minutes > 1 else "about a minute left"
