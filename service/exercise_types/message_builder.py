"""Build a message to someone one would like to learn from, of the five parts that it needs (S3-09)."""

from service.exercise_types.sbi_builder import SbiBuilder


class MessageBuilder(SbiBuilder):
    """Structure and answer: those of `SbiBuilder`, with other parts."""

    name = "message-builder"
    part_keys = ("subject", "opening", "purpose", "ask", "ease")
