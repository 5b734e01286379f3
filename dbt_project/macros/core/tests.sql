{# Generic tests of core. #}

{# An order without lines counts, with a warning. #}
{% test order_has_lines(model) %}
select model.order_id
from {{ model }} as model
where model.first_line_no is null
{% endtest %}

{% test line_has_order(model) %}
select lines.order_id, lines.line_no
from {{ model }} as lines
left join {{ ref('int_core__orders') }} as orders on lines.order_id = orders.order_id
where orders.order_id is null
{% endtest %}

{# Rows that agree in the columns `within` agree in `column` too. Fails for every row that says otherwise than another. #}
{% test same_within(model, column, within) %}
select rules.*
from {{ model }} as rules
inner join {{ model }} as others
    on {% for key in within %}rules.{{ key }} = others.{{ key }} and {% endfor %}rules.{{ column }} <> others.{{ column }}
{% endtest %}
