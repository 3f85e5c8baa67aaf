-- A returned row is usage of a day that no charge has, or that two charges have: the same sessions would be
-- on no invoice, or on two.
select
    usage_subscribed.account_id,
    usage_subscribed.app_id,
    usage_subscribed.usage_date,
    usage_subscribed.metric,
    count(charges.price_id) as charges
from {{ ref('int_usage_subscribed') }} as usage_subscribed
left join {{ ref('int_usage_charges') }} as charges
    on
        usage_subscribed.account_id = charges.account_id
        and usage_subscribed.subscribed_app_id is not distinct from charges.app_id
        and usage_subscribed.metric = charges.metric
        and usage_subscribed.usage_date >= charges.charge_period_start_date
        and usage_subscribed.usage_date < charges.charge_period_end_date
where usage_subscribed.unrated_reason is null
group by all
having count(charges.price_id) != 1
