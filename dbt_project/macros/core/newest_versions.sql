{# Tables of the newest versions of rows. A file gains no rows once it is loaded, and loses those that a later version replaces, so it shows in their
   number and the sum of their lines whether a file has to be looked into. #}

{# The files of which the table holds other rows than are staged; `source_name` where it holds those of several sources. #}
{% macro changed_files(staged, source_name=none) -%}
    select coalesce(fresh._file_no, held._file_no)
            from (
                select staged._file_no, count(*) as n, sum(staged._line_no) as lines
                from {{ ref(staged) }} as staged group by staged._file_no
            ) as fresh
            full join (
                select stored._file_no, count(*) as n, sum(stored._line_no) as lines
                from {{ this }} as stored {{ "where stored.source = '" ~ source_name ~ "'" if source_name }} group by stored._file_no
            ) as held on fresh._file_no = held._file_no
            where fresh.n is distinct from held.n or fresh.lines is distinct from held.lines
{%- endmacro %}

{# Pre-hook of a table that holds the newest versions of one source, each by its place: forgets those that are so no more. #}
{% macro forget_replaced_rows(staged) -%}
    {%- if is_incremental() %}
    delete from {{ this }} as held
    where held._file_no in ({{ changed_files(staged) }})
        and not exists (
            select 1 from {{ ref(staged) }} as staged
            where staged._file_no = held._file_no and staged._line_no = held._line_no
        )
    {%- endif %}
{%- endmacro %}

{# A condition: the table does not hold the staged row yet. #}
{% macro is_not_held(staged, row) -%}
    {%- if not is_incremental() -%} {{ return('true') }} {%- endif -%}
    {{ row }}._file_no in ({{ changed_files(staged) }})
        and not exists (
            select 1 from {{ this }} as held
            where held._file_no = {{ row }}._file_no and held._line_no = {{ row }}._line_no
        )
{%- endmacro %}

{# Of sources of few rows, each row is held against what is staged by a number that is another where anything that the fact reads of it is: so a correction
   in place is seen as well, and the identifiers of a row that is held need not be hashed. It is salted, since they are part of it. #}
{% macro staged_row(staged) -%}
    {%- set read = {
        'stg_reviews': ['review_id', 'member_id', 'product_id', 'posted_at', 'rating'],
        'stg_store_visits': ['visit_id', 'member_id', 'card_no', 'store_id', 'kind', 'visited_at', 'reserved_for'],
    } -%}
    {{ return(row_hash([salt()] + read[staged])) }}
{%- endmacro %}

{# Pre-hook: forgets the rows that are staged no more, or otherwise. #}
{% macro forget_rows_staged_otherwise(staged) -%}
    {%- if is_incremental() %}
    delete from {{ this }}
    where _row not in (select {{ staged_row(staged) }} from {{ ref(staged) }})
    {%- endif %}
{%- endmacro %}

{# A condition: the table does not hold the staged row as it is. #}
{% macro is_staged_otherwise(staged) -%}
    {{ return(staged_row(staged) ~ ' not in (select held._row from ' ~ this ~ ' as held)' if is_incremental() else 'true') }}
{%- endmacro %}
