"""The system ``rag`` of the embedded domain, composed anew with the objects of LangChain, LlamaIndex and Haystack.

Its parts are Proctor's: the embedded model, the packaged embedder, the prompt. The composition is theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from proctor.core.schema import Context
from proctor.core.storage.cache import Cache
from proctor.models.base.base import EMBEDDED, find
from proctor.models.generation import generate
from proctor.models.generation.limits import limits
from proctor.models.prompts import prompts
from proctor.models.retrieval.index import Index
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from proctor.suites.loading.load import load

CACHE: list[Path] = []
"""Where the index is kept; set by the test."""


class Parts(NamedTuple):
    """What all three are made of."""

    index: Index
    model: Any
    tokenizer: Any
    limits: Any


@cache
def parts(folder: Path) -> Parts:
    """The parts, made once."""
    kept, suite = Cache(folder), load("instruments")
    base = find(str(EMBEDDED), kept)
    index = Index(System("rag", retrieve="dense"), suite.domain.documents, Runtime(kept))
    return Parts(index, base.load("cpu"), base.tokenizer(), limits(suite, base))


def _parts() -> Parts:
    return parts(CACHE[0])


def searched(question: str) -> tuple[Context, ...]:
    """The passages for a question."""
    return _parts().index.retrieve([question], 3)[0]


def written(prompt: str) -> str:
    """What the model writes after a prompt."""
    _, model, tokenizer, most = _parts()
    return generate.generate(model, tokenizer, [prompts.as_tokens(tokenizer, prompt)], most)[0].text


def asked(question: str, documents: Sequence[tuple[str, str]]) -> str:
    """The prompt of a question after passages."""
    return prompts.prompt("", question, [Context(name, text) for name, text in documents])


def langchain() -> Any:
    """A chain: a retriever, a prompt, a model and a parser."""
    from langchain_core.documents import Document
    from langchain_core.language_models.llms import LLM
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import RunnableLambda, RunnablePassthrough

    class Searching(BaseRetriever):
        """Proctor's index as a retriever."""

        def _get_relevant_documents(self, query: str, **_: Any) -> list[Document]:
            return [Document(page_content=one.text, metadata={"source": one.document}) for one in searched(query)]

    class Writing(LLM):
        """The embedded model."""

        @property
        def _llm_type(self) -> str:
            return "embedded"

        def _call(self, prompt: str, *_: Any, **__: Any) -> str:
            return written(prompt)

    def prompt(given: dict[str, Any]) -> str:
        return asked(given["question"], [(one.metadata["source"], one.page_content) for one in given["context"]])

    answer = RunnableLambda(prompt) | Writing() | StrOutputParser()
    return RunnableLambda(lambda question: {"question": question}) | RunnablePassthrough.assign(
        context=RunnableLambda(lambda given: given["question"]) | Searching()
    ).assign(answer=answer)


def llama_index() -> Any:
    """A query engine: a retriever, nodes, a prompt and a model."""
    from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
    from llama_index.core.prompts import PromptTemplate
    from llama_index.core.query_engine import RetrieverQueryEngine
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeRelationship, NodeWithScore, RelatedNodeInfo, TextNode

    class Searching(BaseRetriever):
        """Proctor's index as a retriever; the name of a passage stands before it, as Proctor's prompt has it."""

        def _retrieve(self, query_bundle: Any) -> list[NodeWithScore]:
            return [self._node(one) for one in searched(query_bundle.query_str)]

        def _node(self, one: Context) -> NodeWithScore:
            about = {NodeRelationship.SOURCE: RelatedNodeInfo(node_id=one.document)}
            text = f"[{one.document}] {' '.join(one.text.split())}\n"
            return NodeWithScore(node=TextNode(text=text, relationships=about), score=one.score)

    class Writing(CustomLLM):
        """The embedded model."""

        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(context_window=100_000)

        def complete(self, prompt: str, *_: Any, **__: Any) -> CompletionResponse:
            return CompletionResponse(text=written(prompt.replace("\n\n[", "\n[")))  # nodes are put a line apart

        def stream_complete(self, prompt: str, *_: Any, **__: Any) -> Any:
            raise NotImplementedError

    template = PromptTemplate("{context_str}\n\nQuestion: {query_str}\nAnswer:")
    return RetrieverQueryEngine.from_args(Searching(), llm=Writing(), text_qa_template=template)


def haystack() -> Any:
    """A pipeline: a retriever, a prompt builder and a generator."""
    from haystack import Document, Pipeline, component

    @component
    class Searching:
        """Proctor's index."""

        def __init__(self) -> None:
            component.set_input_types(self, query=str)

        @component.output_types(documents=list[Document])
        def run(self, **given: Any) -> dict[str, Any]:
            return {"documents": [Document(content=one.text, meta={"source": one.document}) for one in searched(given["query"])]}

    @component
    class Prompting:
        """Proctor's prompt."""

        def __init__(self) -> None:
            component.set_input_types(self, question=str, documents=list[Document])

        @component.output_types(prompt=str)
        def run(self, **given: Any) -> dict[str, Any]:
            return {"prompt": asked(given["question"], [(one.meta["source"], one.content) for one in given["documents"]])}

    @component
    class Writing:
        """The embedded model."""

        def __init__(self) -> None:
            component.set_input_types(self, prompt=str)

        @component.output_types(replies=list[str])
        def run(self, **given: Any) -> dict[str, Any]:
            return {"replies": [written(given["prompt"])]}

    pipeline = Pipeline()
    for name, one in {"search": Searching(), "prompt": Prompting(), "model": Writing()}.items():
        pipeline.add_component(name, one)
    pipeline.connect("search.documents", "prompt.documents")
    pipeline.connect("prompt.prompt", "model.prompt")
    return pipeline
