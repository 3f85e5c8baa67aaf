"""Counting: from clean rows to fragments, sessions and blocks of event days, within the lake."""
