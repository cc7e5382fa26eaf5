"""Extensions of Sphinx that make the book; _config.yml names ``ext`` and ``html``, which load the rest."""
