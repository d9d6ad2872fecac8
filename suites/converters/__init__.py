"""Documents that are no text, as text: one file a format, each with a ``read`` that `suites.loading.documents.READERS` names.

A converter reads a file and nothing else: it runs no code of it, fetches nothing that it names and unpacks no more than
`suites.converters.limits` allows. What cannot be read is an `UnreadableError` with a remedy, which becomes a problem of its file.
"""
