"""What the shop's staff know: Markdown in, answers with their source out."""

from services.dialogue.knowledge.base import Answer, KnowledgeBase

__all__ = ["Answer", "KnowledgeBase"]
