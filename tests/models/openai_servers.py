"""Servers on the loopback interface that speak OpenAI's protocol as vLLM, TGI, Ollama and OpenAI do. Their tokens are words."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults.loopback import Request, Server, reply, serving

Kind = Literal["vllm", "tgi", "ollama", "openai", "strict"]
USAGE = re.compile(r"\S+")


def words(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text)


@dataclass
class Served:
    """What one of them serves, and what it was asked."""

    say: Callable[[str], str]
    """Prompt -> all that the model would say if nobody stopped it."""
    kind: Kind = "vllm"
    context: int = 1000
    """Words that prompt and answer may have together."""
    clamps: bool = False
    """Whether it cuts an answer off for which the prompt leaves no room, and refuses only prompts that leave none at all."""
    limit: int = 10**6
    """Words that it lets any answer have."""
    thinks: str = ""
    pause: float = 0.0
    """Seconds before a reply begins."""
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    server: Server | None = None

    @property
    def url(self) -> str:
        assert self.server
        return self.server.url

    @property
    def prompts(self) -> list[str]:
        """Those that it answered or refused, in order."""
        return [prompt_of(fields) for fields in self.asked]

    def treat(self, connection: socket.socket, request: Request) -> None:
        fields = request.fields
        self.asked.append({**fields, "path": request.line.split()[1]})
        time.sleep(self.pause)
        if refusal := self._refused(fields):
            status, body = refusal
            reply(status, json.dumps(body).encode())(connection, request)
        elif fields.get("echo"):
            reply(200, json.dumps(self._echoed(fields)).encode())(connection, request)
        elif fields.get("stream"):
            self._stream(connection, fields, chat="chat" in request.line)
        else:
            reply(200, json.dumps(self._replied(fields, chat="chat" in request.line)).encode())(connection, request)

    def _refused(self, fields: Mapping[str, Any]) -> tuple[int, Any] | None:
        read, most = len(words(prompt_of(fields))), int(fields.get("max_tokens") or fields.get("max_completion_tokens") or 0)
        if fields["model"] == "nobody":
            return 404, {"error": {"message": "The model `nobody` does not exist.", "type": "NotFoundError", "code": 404}}
        if self.kind == "strict" and "seed" in fields:
            said = {"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 0}
            return 422, {"detail": [said]}
        for name, other in (("max_tokens", "max_completion_tokens"), ("temperature", "")) if self.kind == "openai" else ():
            if name in fields:
                told = f"Unsupported parameter: '{name}' is not supported with this model." + (
                    f" Use '{other}' instead." * bool(other)
                )
                return 400, {
                    "error": {"message": told, "type": "invalid_request_error", "param": name, "code": "unsupported_parameter"}
                }
        if read + (1 if self.clamps else most) <= self.context or self.kind == "ollama":
            return None
        if self.kind == "tgi":
            told = f"`inputs` tokens + `max_new_tokens` must be <= {self.context}. Given: {read} `inputs` tokens"
            return 422, {"error": f"Input validation error: {told}", "error_type": "validation"}
        told = f"This model's maximum context length is {self.context} tokens. However, you requested {read + most} tokens."
        return 400, {"error": {"message": told, "type": "BadRequestError", "param": None, "code": 400}}

    def _said(self, fields: Mapping[str, Any]) -> tuple[str, str, Any]:
        """Text, reason why it stopped, and the stop that was met."""
        text, stops = self.say(prompt_of(fields)), fields.get("stop") or []
        most = min(self.limit, int(fields.get("max_tokens") or fields.get("max_completion_tokens") or 10**6))
        most = min(most, self.context - len(words(prompt_of(fields)))) if self.clamps else most
        ended, met = "stop", None
        if len(words(text)) > most:
            text, ended = "".join(words(text)[:most]), "length"
        places = [(text.find(stop), stop) for stop in stops if stop in text]
        if places:
            place, met = min(places)
            text, ended = text[: place + len(met) * (self.kind == "tgi")], "stop"
        return text, ended, met

    def _choice(self, fields: Mapping[str, Any], *, chat: bool) -> dict[str, Any]:
        text, ended, met = self._said(fields)
        thought = (
            {{"vllm": "reasoning_content", "ollama": "reasoning"}.get(self.kind, "none"): self.thinks} if self.thinks else {}
        )
        said = {"message": {"role": "assistant", "content": text, **thought}} if chat else {"text": text}
        return {"index": 0, **said, "finish_reason": ended, **({"stop_reason": met} if self.kind == "vllm" else {})}

    def _usage(self, fields: Mapping[str, Any]) -> dict[str, int]:
        written = len(words(self._said(fields)[0])) + len(words(self.thinks))
        return {"prompt_tokens": len(words(prompt_of(fields))), "completion_tokens": written}

    def _replied(self, fields: Mapping[str, Any], *, chat: bool) -> dict[str, Any]:
        kind = "chat.completion" if chat else "text_completion"
        return {"id": "1", "object": kind, "choices": [self._choice(fields, chat=chat)], "usage": self._usage(fields)}

    def _stream(self, connection: socket.socket, fields: Mapping[str, Any], *, chat: bool) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n")
        for part in self._parts(fields, chat=chat):
            connection.sendall(f"data: {json.dumps(part)}\n\n".encode())
            time.sleep(0.002)
        connection.sendall(b"data: [DONE]\n\n")

    def _parts(self, fields: Mapping[str, Any], *, chat: bool) -> Iterator[dict[str, Any]]:
        whole = self._choice(fields, chat=chat)
        text = whole["message"]["content"] if chat else whole["text"]
        if chat:
            yield {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
            for name in ("reasoning_content", "reasoning"):
                if name in whole["message"]:
                    yield {"choices": [{"index": 0, "delta": {name: self.thinks}, "finish_reason": None}]}
        for word in words(text):
            yield {"choices": [{"index": 0, **({"delta": {"content": word}} if chat else {"text": word}), "finish_reason": None}]}
        last = {name: whole[name] for name in ("finish_reason", "stop_reason") if name in whole}
        yield {"choices": [{"index": 0, **({"delta": {}} if chat else {"text": ""}), **last}]}
        if (fields.get("stream_options") or {}).get("include_usage"):
            yield {"choices": [], "usage": self._usage(fields)}

    def _echoed(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Each word after the first is as likely as its letters are few."""
        read = words(fields["prompt"])
        told = {"tokens": ["<bos>", *read, " more"], "token_logprobs": [None, *(-float(len(word)) for word in read), -1.0]}
        told["top_logprobs"] = [None, *({word: -float(len(word)), " a": -2.0} for word in read), {" more": -1.0}]
        one = {"index": 0, "text": fields["prompt"] + " more", "logprobs": told, "finish_reason": "length"}
        return {"id": "1", "choices": [one], "usage": {"prompt_tokens": len(read) + 1, "completion_tokens": 1}}


def prompt_of(fields: Mapping[str, Any]) -> str:
    return str(fields["messages"][0]["content"] if "messages" in fields else fields["prompt"])


@contextmanager
def served(say: Callable[[str], str], kind: Kind = "vllm", **more: Any) -> Iterator[Served]:
    """One of them while the context is open."""
    one = Served(say, kind, **more)
    with serving(one.treat) as one.server:
        yield one
