with source as (
    select * from {{ source('lake', 'issued_lines') }}
),

renamed as (
    select
        document_id,
        line_number,
        line_key,
        account_id,
        app_id,
        month_date,
        line_kind,
        metric,
        plan_id,
        plan_version,
        price_id,
        quantity,
        unit_price,
        package_size,
        included_units,
        gross_amount,
        discount_amount,
        amount,
        tax_category,
        tax_rate,
        charge_period_start_date,
        charge_period_end_date,
        charge_class,
        corrects_document_id
    from source
)

select * from renamed
