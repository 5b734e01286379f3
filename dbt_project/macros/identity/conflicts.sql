{# Up to so many persons in a component are compared all with all: a family with its in-laws, not a school. With more, twice the
   limit costs up to twice the comparisons. #}
{% macro cores_compared() -%} 30 {%- endmacro %}

{# 1 where two records agree in a column, 0 where they differ, null where one does not say. #}
{% macro agrees(column) -%}
    case
        when left_said.{{ column }} = right_said.{{ column }} then 1
        when left_said.{{ column }} <> right_said.{{ column }} then 0
    end
{%- endmacro %}

{# The same for the keys of names, null as well where the two cannot be compared: kanji with kana or Latin letters, and readings that
   differ in long vowels alone, which romaji leaves out (Yuko, ユウコ). #}
{% macro agrees_in_name(column) -%}
    case
        when left_said.{{ column }} = right_said.{{ column }} then 1
        when {{ script_of('left_said.' ~ column) }} = {{ script_of('right_said.' ~ column) }}
            and replace(left_said.{{ column }}, 'ー', '') <> replace(right_said.{{ column }}, 'ー', '') then 0
    end
{%- endmacro %}

{# How a name's key begins, by the order of characters: 1 in Latin letters, 2 in kana, 3 in kanji. #}
{% macro script_of(key) -%}
    case when {{ key }} < 'ァ' then 1 when {{ key }} < '㐀' then 2 when {{ key }} is not null then 3 end
{%- endmacro %}

{# The words of a group in alphabetical order, separated by spaces. #}
{% macro joined_words(word) -%}
    {{ return(adapter.dispatch('joined_words', 'kizuna')(word)) }}
{%- endmacro %}

{% macro default__joined_words(word) -%}
    string_agg({{ word }}, ' ' order by {{ word }})
{%- endmacro %}

{% macro spark__joined_words(word) -%}
    array_join(array_sort(collect_list({{ word }})), ' ')
{%- endmacro %}
