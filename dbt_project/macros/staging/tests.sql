{# Generic tests of staging. #}

{# Every row of every file that is not withdrawn is there once: per file, as many as landing counted when it wrote them. #}
{% test holds_every_landed_row(model, source_name) %}
with

held as (
    select base._file_id, count(*) as rows_held
    from {{ model }} as base
    group by base._file_id
),

counted as (
    select files.file_id, files.rows as rows_landed
    from {{ source('run', 'files') }} as files
    where files.source = '{{ source_name }}'
)

select counted.file_id, held._file_id, counted.rows_landed, held.rows_held
from counted
full outer join held on held._file_id = counted.file_id
where coalesce(counted.rows_landed, 0) <> coalesce(held.rows_held, 0)
{% endtest %}

{# The same for event tables too large to group anew every day: the keys of the newest landing against all rows. Older keys were
   held against all rows when they were the newest. #}
{% test unique_in_newest_landing(model, key) %}
with

newest as (
    select max(files.landing_no) as landing_no from {{ source('run', 'files') }} as files
),

keys as (
    select distinct {% for column in key %}model.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ model }} as model
    where model._landing_no = (select newest.landing_no from newest)
)

select {% for column in key %}model.{{ column }}, {% endfor %}count(*) as occurrences
from {{ model }} as model
inner join keys on {% for column in key %}{{ 'and ' if not loop.first }}keys.{{ column }} = model.{{ column }} {% endfor %}
group by {% for column in key %}model.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
having count(*) > 1
{% endtest %}

{# Rows in = rows out + rows explained. #}
{% test every_row_explained(model) %}
select accounts.*
from {{ model }} as accounts
where accounts.rows_landed <> accounts.staged + accounts.duplicates + accounts.superseded + accounts.quarantined + accounts.erased
{% endtest %}
