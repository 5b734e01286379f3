{# A setting that lists integers, separated by spaces, as rows of one column `value`. #}
{% macro setting_integers(name) -%}
    {{ return(adapter.dispatch('setting_integers', 'kizuna')(name)) }}
{%- endmacro %}

{% macro default__setting_integers(name) -%}
    (
        select distinct cast(words.word as integer) as value
        from (select unnest(string_split({{ setting(name) }}, ' ')) as word) as words
        where words.word <> ''
    )
{%- endmacro %}

{% macro spark__setting_integers(name) -%}
    (
        select distinct cast(words.word as integer) as value
        from (select explode(split({{ setting(name) }}, ' ')) as word) as words
        where words.word <> ''
    )
{%- endmacro %}
