{# Two large tables that hold nearly the same rows are compared by parts: keys are random numbers, so a remainder cuts both alike, and a part that holds
   the same rows in both has the same fingerprint in both. Only parts that differ are joined then. That reads numbers, where a join of the whole
   would hash all rows of one table and look up all of the other.

       parts as (
           {{ differing_parts('<table> where <condition>', '<other table>', ['<key>', '<column>']) }}
       ),

   and, wherever it reads one of the two,

       where {{ of_parts('<key>') }} #}

{# The parts of which the two hold other rows, as a query. The first column is the key. #}
{% macro differing_parts(rows, other_rows, columns) -%}
    select coalesce(parts.part, other_parts.part) as part
    from (
        {{ fingerprints(rows, columns) }}
    ) as parts
    full outer join (
        {{ fingerprints(other_rows, columns) }}
    ) as other_parts on other_parts.part = parts.part
    where parts.fingerprint is distinct from other_parts.fingerprint
        or parts.occurrences <> other_parts.occurrences
{%- endmacro %}

{% macro fingerprints(rows, columns) -%}
    select
        {{ part_of(columns[0]) }} as part,
        bit_xor({{ row_hash(columns) }}) as fingerprint,
        count(*) as occurrences  -- two that are the same cancel each other out
    from {{ rows }}
    group by {{ part_of(columns[0]) }}
{%- endmacro %}

{# A condition: the row is of one of these parts. #}
{% macro of_parts(key) -%} {{ part_of(key) }} in (select parts.part from parts) {%- endmacro %}

{# So many parts that some thousand changes leave most of them alike: of four times as many the fingerprints cost twice. #}
{% macro part_of(key) -%} {{ key }} % 16384 {%- endmacro %}
