"""Any formula on columns of any kind: drawn from its own factors, corrected by what rows say."""
