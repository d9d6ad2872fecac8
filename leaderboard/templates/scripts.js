{# What a page needs to decide by itself, in the order in which each needs those before it. #}
{% for name in ("student", "figures", "evidence", "options", "advice", "flips", "decision") %}
{% include name ~ ".js" %}
{% endfor %}
