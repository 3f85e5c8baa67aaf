-- A returned row is a file that lost or gained rows on its way (R20).
select *
from {{ ref('file_ledger') }}
where rows != accepted + duplicate + superseded + excluded + quarantined
