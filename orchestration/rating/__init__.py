"""Cases of prices, such as billing systems publish them, put to the rating models of the dbt project."""
