-- The clock of customers of whom another system says it (external attribute time_zone); all others live by Tokyo's.
create or replace table activation.time_zones as
select customer_id, value as zone
from core.int_core__external_attributes
where name = 'time_zone' and value in (select name from pg_timezone_names())
