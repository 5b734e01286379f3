-- The yardstick reads the same landing as the pipeline: Parquet, every column text, with its place (_file_no, _line_no).
-- Values are read in the forms that the simulated shop writes; what the contract would quarantine is left out.

create macro utc(v) as case
    when right(v, 6) = '+09:00' then try_cast(left(v, length(v) - 6) as timestamp) - interval 9 hours
    when right(v, 1) = 'Z' then try_cast(left(v, length(v) - 1) as timestamp)
    else try_cast(replace(v, '/', '-') as timestamp) - interval 9 hours
end;
create macro tokyo_day(t) as cast(t + interval 9 hours as date);
create macro yes(v) as case when lower(v) in ('true', '1', 'yes') then true when lower(v) in ('false', '0', 'no') then false end;
create macro mail(v) as nullif(lower(trim(v, ' 　')), '');
create macro phone_number(v) as nullif(regexp_replace(
    replace(replace(translate(v, '０１２３４５６７８９－', '0123456789-'), '-', ''), ' ', ''), '^0', '+81'), '');
create macro money(v) as try_cast(v as decimal(18, 2));
create macro landed(source) as table
    select * from read_parquet(getvariable('landing') || '/' || source || '/*.parquet', union_by_name = true);

-- masters
create table products as
select product_id, brand_id, category, coalesce(yes(is_trial), false) as is_trial from landed('products');
create table product_codes as select code, any_value(product_id) as product_id from landed('product_codes') group by code;
create table stores as select store_id, brand_id from landed('stores');
create table campaigns as
select
    campaign_id, kind, nullif(store_id, '') as store_id, nullif(brand_id, '') as brand_id, money(cost) as cost,
    cast(starts_on as date) as starts_on, cast(ends_on as date) as ends_on
from landed('campaigns');
create table contents as
select c.content_id, coalesce(c.brand_id, p.brand_id) as brand_id, c.campaign_id, c.information_kind, c.score_category
from landed('contents') as c left join products as p using (product_id);

-- every valid version of the records, then the last one of each
create table member_versions as
select
    member_id, mail(email) as email, phone_number(phone) as phone, nullif(line_user_id, '') as line_user_id, gender, prefecture,
    (postal_code is not null)::int + (prefecture is not null)::int + (address is not null)::int as address_parts, status,
    cast(regexp_replace(regexp_replace(birth_date, '[年月/]', '-', 'g'), '日', '') as date) as birth_date, member_rank,
    utc(registered_at) as registered_at, utc(updated_at) as updated_at, yes(email_opt_in) as email_opt_in,
    yes(line_opt_in) as line_opt_in, yes(sms_opt_in) as sms_opt_in, yes(push_opt_in) as push_opt_in,
    yes(dm_opt_in) as dm_opt_in, _file_no, _line_no, _landing_no
from landed('members')
where member_id <> '' and utc(registered_at) is not null and utc(updated_at) is not null;
create table members as
select * from member_versions
qualify row_number() over (partition by member_id order by updated_at desc, _file_no desc, _line_no desc) = 1;

create table card_versions as
select
    card_no, nullif(member_id, '') as member_id, mail(email) as email, phone_number(phone) as phone, gender, prefecture,
    (postal_code is not null)::int + (prefecture is not null)::int + (address is not null)::int as address_parts,
    cast(regexp_replace(regexp_replace(birth_date, '[年月/]', '-', 'g'), '日', '') as date) as birth_date,
    utc(registered_at) as registered_at, utc(updated_at) as updated_at, _file_no, _line_no, _landing_no
from landed('store_cards')
where card_no <> '' and utc(registered_at) is not null and utc(updated_at) is not null;
create table cards as
select * from card_versions
qualify row_number() over (partition by card_no order by updated_at desc, _file_no desc, _line_no desc) = 1;

create table ec_order_versions as
select
    order_id, nullif(member_id, '') as member_id, mail(email) as email, phone_number(phone) as phone, status,
    utc(ordered_at) as ordered_at, money(total_amount) as total_amount, campaign_id, coupon_code,
    coalesce(yes(is_gift), false) as is_gift, coalesce(yes(is_subscription), false) as is_subscription,
    utc(updated_at) as updated_at, _file_no, _line_no, _landing_no
from landed('ec_orders')
where order_id <> '' and utc(ordered_at) is not null and money(total_amount) is not null
    and status in ('paid', 'cancelled', 'refunded');
create table ec_orders as
select * from ec_order_versions
qualify row_number() over (partition by order_id order by updated_at desc nulls last, _file_no desc, _line_no desc) = 1;

create table visit_versions as
select
    visit_id, store_id, nullif(card_no, '') as card_no, nullif(member_id, '') as member_id, utc(visited_at) as visited_at, kind,
    _file_no, _line_no, _landing_no
from landed('store_visits')
where visit_id <> '' and store_id <> '' and utc(visited_at) is not null and kind in ('check_in', 'reservation', 'counselling');
create table visits as
select * from visit_versions qualify row_number() over (partition by visit_id order by _file_no desc, _line_no desc) = 1;

create table review_versions as
select
    review_id, member_id, coalesce(codes.product_id, r.product_id) as product_id, utc(posted_at) as posted_at,
    _file_no, _line_no, _landing_no
from landed('reviews') as r left join product_codes as codes on r.product_id = codes.code
where review_id <> '' and member_id <> '' and r.product_id <> '' and utc(posted_at) is not null;
create table reviews as
select * from review_versions qualify row_number() over (partition by review_id order by _file_no desc, _line_no desc) = 1;

create table attribute_versions as
select
    identifier_kind,
    case identifier_kind when 'email' then mail(identifier) when 'phone' then phone_number(identifier) else identifier end as identifier,
    name, value, utc(updated_at) as updated_at, _landing_no
from landed('external_attributes')
where identifier <> '' and name <> '' and utc(updated_at) is not null;

-- events: the first copy of a key counts
create table receipts as
select
    receipt_id, store_id, nullif(card_no, '') as card_no, utc(receipted_at) as receipted_at, money(total_amount) as total_amount,
    coalesce(yes(is_return), false) as is_return, _landing_no
from landed('pos_receipts')
where receipt_id <> '' and store_id <> '' and utc(receipted_at) is not null and money(total_amount) is not null
qualify row_number() over (partition by receipt_id order by _file_no, _line_no) = 1;

create table order_lines as
with written as (
    select
        'ec:' || order_id as order_id, 'ec_order_items' as source, order_id || ':' || cast(line_no as bigint) as source_key,
        try_cast(line_no as bigint) as line_no, product_id, try_cast(quantity as bigint) as quantity, money(amount) as amount
    from landed('ec_order_items')
    where order_id <> '' and product_id <> '' and try_cast(line_no as bigint) is not null
        and try_cast(quantity as bigint) is not null and money(amount) is not null
    qualify row_number() over (partition by order_id, line_no order by _file_no desc, _line_no desc) = 1
    union all
    select
        'store:' || receipt_id, 'pos_receipt_items', receipt_id || ':' || cast(line_no as bigint),
        try_cast(line_no as bigint), product_id, try_cast(quantity as bigint), money(amount)
    from landed('pos_receipt_items')
    where receipt_id <> '' and product_id <> '' and try_cast(line_no as bigint) is not null
        and try_cast(quantity as bigint) is not null and money(amount) is not null
    qualify row_number() over (partition by receipt_id, line_no order by _file_no, _line_no) = 1
)
select
    w.order_id, w.source, w.source_key, w.line_no, coalesce(codes.product_id, w.product_id) as product_id,
    p.brand_id, p.category, coalesce(p.is_trial, false) as is_trial, w.quantity, w.amount
from written as w
left join product_codes as codes on w.product_id = codes.code
left join products as p on p.product_id = coalesce(codes.product_id, w.product_id);

create table message_events as
select
    message_event_id, channel, nullif(member_id, '') as member_id, case when channel = 'email' then mail(address) end as email,
    case when channel in ('sms', 'phone') then phone_number(address) end as phone,
    case when channel = 'line' then nullif(address, '') end as line_user_id, event, utc(occurred_at) as occurred_at,
    message_id, scenario_id, _landing_no
from landed('message_events')
where message_event_id <> '' and message_id <> '' and utc(occurred_at) is not null
    and channel in ('email', 'line', 'sms', 'push', 'messenger', 'dm', 'phone', 'web', 'insert', 'ad')
    and event in ('sent', 'delivered', 'opened', 'clicked', 'bounced', 'unsubscribed', 'complained')
qualify row_number() over (partition by message_event_id order by _file_no, _line_no) = 1;

create table social_actions as
select
    action_id, nullif(member_id, '') as member_id, nullif(visitor_id, '') as visitor_id, nullif(line_user_id, '') as line_user_id,
    kind, brand_id, coalesce(codes.product_id, s.product_id) as product_id, content_id, utc(occurred_at) as occurred_at, _landing_no
from landed('social_actions') as s left join product_codes as codes on s.product_id = codes.code
where action_id <> '' and utc(occurred_at) is not null and kind in ('like', 'clip', 'share', 'follow', 'mention')
qualify row_number() over (partition by action_id order by _file_no, _line_no) = 1;

create table survey_answers as
select
    answer_id, nullif(member_id, '') as member_id, nullif(visitor_id, '') as visitor_id, utc(answered_at) as answered_at, _landing_no
from landed('survey_answers')
where answer_id <> '' and question <> '' and answer <> '' and utc(answered_at) is not null
qualify row_number() over (partition by answer_id order by _file_no, _line_no) = 1;

create table privacy_requests as
select
    identifier_kind,
    case identifier_kind when 'email' then mail(identifier) when 'phone' then phone_number(identifier) else identifier end as identifier,
    kind, nullif(channel, '') as channel, utc(requested_at) as requested_at
from landed('privacy_requests')
where request_id <> '' and identifier <> '' and utc(requested_at) is not null
qualify row_number() over (partition by request_id order by _file_no, _line_no) = 1;

-- Few events come twice: only those are put in order.
create table web_events as
with written as (
    select * from landed('web_events')
    where event_id <> '' and visitor_id <> '' and utc(occurred_at) is not null
        and event_name in (
            'page_view', 'product_view', 'content_view', 'search', 'add_to_cart', 'remove_from_cart', 'begin_checkout', 'purchase',
            'login', 'sign_up', 'reserve_visit', 'survey'
        )
),
keys as (select event_id from written group by event_id having count(*) > 1),
later_copies as (
    select event_id, _file_no, _line_no from written where event_id in (select event_id from keys)
    qualify row_number() over (partition by event_id order by _file_no, _line_no) > 1
)
select
    w.event_id, utc(w.occurred_at) as occurred_at, w.visitor_id, nullif(w.member_id, '') as member_id, mail(w.email) as email,
    w.event_name, coalesce(codes.product_id, nullif(w.product_id, '')) as product_id, nullif(w.content_id, '') as content_id,
    nullif(w.order_id, '') as order_id, nullif(w.utm_campaign, '') as utm_campaign, try_cast(w.quantity as bigint) as quantity,
    money(w.value) as value,
    coalesce(
        nullif(w.utm_source, ''),
        nullif(nullif(lower(split_part(split_part(w.referrer, '://', 2), '/', 1)),
            coalesce(lower(split_part(split_part(w.url, '://', 2), '/', 1)), '')), ''),
        'direct'
    ) as visit_source,
    w._landing_no
from written as w
anti join later_copies as l on w.event_id = l.event_id and w._file_no = l._file_no and w._line_no = l._line_no
left join product_codes as codes on w.product_id = codes.code;
