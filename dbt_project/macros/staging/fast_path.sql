{# The plain cases of every kind, read in SQL so that tens of millions of rows never pass through Python.
   `is_plain(kind, value)` says whether SQL may read a value; `plain_value` is what it reads, null where it cannot be.
   Both agree with `staging/normalise.py` on every plain value: a test holds that. `staging/values.py` renders this
   file by itself, so it uses nothing of dbt but the macros of `portable/`. `value` is a column: it is written often. #}

{% macro is_plain(kind, value) -%}
    {%- set patterns = {
        'id': "[!-~]+",
        'email': "[a-z0-9._+-]{1,64}@[a-z0-9]{1,60}([.-][a-z0-9]{1,60}){0,4}[.][a-z]{2,20}",
        'phone': "0[789]0[0-9]{8}|0[789]0-[0-9]{4}-[0-9]{4}",
        'name': "[A-Za-z0-9一-鿋ぁ-ゖァ-ヺー々]+( [A-Za-z0-9一-鿋ぁ-ゖァ-ヺー々]+)*",
        'kana': "[ァ-ヺー]+( [ァ-ヺー]+)*",
        'postal_code': "[0-9]{3}-?[0-9]{4}",
        'prefecture': "北海道|東京都|京都府|大阪府|(青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山|石川|福井|山梨|長野|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎|鹿児島|沖縄)県",
        'address': "[A-Za-z0-9一-鿋ぁ-ゖァ-ヺ々]+([ -][A-Za-z0-9一-鿋ぁ-ゖァ-ヺ々]+)*",
        'date': "[1-9][0-9]{3}[-/][0-9]{1,2}[-/][0-9]{1,2}",
        'timestamp': "[1-8][0-9]{3}[-/][0-9]{1,2}[-/][0-9]{1,2}([ T]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)?)?",
        'boolean': "true|false|1|0|yes|no|TRUE|FALSE|True|False",
        'integer': "-?[0-9]{1,18}",
        'money': "-?[0-9]{1,15}([.][0-9]{1,2})?",
    } -%}
    {%- if kind == 'text' -%} true
    {%- else -%} {{ matches(value, patterns[kind]) }}
    {%- endif -%}
{%- endmacro %}

{% macro plain_value(kind, value) -%}
    {%- if kind == 'text' -%}
    {#- Handing the value on as it is costs nothing; trimming copies it. -#}
    case
        when left({{ value }}, 1) between '!' and '~' and right({{ value }}, 1) between '!' and '~' then {{ value }}
        else nullif({{ trimmed(value) }}, '')
    end
    {%- elif kind == 'phone' -%} '+81' || substr(replace({{ value }}, '-', ''), 2)
    {%- elif kind == 'postal_code' -%} substr({{ value }}, 1, 3) || '-' || right({{ value }}, 4)
    {%- elif kind in ['id', 'email', 'name', 'kana', 'prefecture', 'address'] -%} {{ value }}
    {%- elif kind == 'date' -%} try_cast(replace({{ value }}, '/', '-') as date)
    {%- elif kind == 'timestamp' -%} {{ plain_timestamp(value) }}
    {%- elif kind == 'boolean' -%} lower({{ value }}) in ('true', '1', 'yes')
    {%- elif kind == 'integer' -%} try_cast({{ value }} as bigint)
    {%- elif kind == 'money' -%} try_cast({{ value }} as decimal(18, 2))
    {%- endif -%}
{%- endmacro %}

{# An engine's own cast may ignore the offset (DuckDB's to timestamp does), so it is cut off and subtracted. #}
{% macro plain_timestamp(value) -%}
    {%- set dashed = "replace(" ~ value ~ ", '/', '-')" -%}
    case
        when right({{ value }}, 1) = 'Z' then try_cast(left({{ dashed }}, length({{ value }}) - 1) as timestamp)
        when length({{ value }}) > 12 and right({{ value }}, 6) = '+09:00'
            then try_cast(left({{ dashed }}, length({{ value }}) - 6) as timestamp) - interval 9 hours
        {%- for width in [6, 5, 3] %}
        when length({{ value }}) > 12 and left(right({{ value }}, {{ width }}), 1) in ('+', '-')
            then try_cast(left({{ dashed }}, length({{ value }}) - {{ width }}) as timestamp)
                - cast(substr(right({{ value }}, {{ width }}), 1, 3) as integer) * interval 1 hour
                {%- if width > 3 %}
                - cast(left(right({{ value }}, {{ width }}), 1) || right({{ value }}, 2) as integer) * interval 1 minute
                {%- endif %}
        {%- endfor %}
        else try_cast({{ dashed }} as timestamp) - interval 9 hours
    end
{%- endmacro %}
