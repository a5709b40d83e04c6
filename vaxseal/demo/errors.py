"""What can go wrong in the demo itself."""


class DemoError(Exception):
    """``code`` is kebab-case, ``sentence`` tells the reader what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence
