"""The optional language model: the extra `llm`, asked by the worker about one case at a time."""
