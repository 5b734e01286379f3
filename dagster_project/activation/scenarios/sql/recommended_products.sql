-- The first product of each kind recommended to customers with a due trigger.
insert into activation.recommended_products by name
select recommendations.customer_id, recommendations.kind, recommendations.product_id
from marts.recommendations as recommendations
where recommendations.position = 1
    and recommendations.customer_id in (select customer_id from activation.triggers)
