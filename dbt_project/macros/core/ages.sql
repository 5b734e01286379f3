{# Whole years from a birth date to a day. #}
{% macro age_on(birth_date, day) -%}
    (
        extract(year from {{ day }}) - extract(year from {{ birth_date }})
        - case
            when extract(month from {{ day }}) * 100 + extract(day from {{ day }})
                < extract(month from {{ birth_date }}) * 100 + extract(day from {{ birth_date }}) then 1
            else 0
        end
    )
{%- endmacro %}

{# 10s ... 70s. Younger ones are in 10s, older ones in 70s; null for ages that nobody has. #}
{% macro age_band(age) -%}
    case
        when {{ age }} between 0 and 120
            then cast(least(greatest(cast(floor({{ age }} / 10.0) as integer) * 10, 10), 70) as varchar) || 's'
    end
{%- endmacro %}
