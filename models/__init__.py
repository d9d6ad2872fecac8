"""Who answers: base models, adaptation, retrieval, generation, and the table that composes them into systems."""
