"""How a question is put to a model: chat templates, examples, passages, and thoughts switched off."""
