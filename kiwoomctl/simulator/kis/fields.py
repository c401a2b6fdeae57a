"""The names of the fields that rows of KIS's lists have, in their documented order."""

from __future__ import annotations


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


BALANCE_FIELDS = _names(
    """
    pdno prdt_name trad_dvsn_name bfdy_buy_qty bfdy_sll_qty thdt_buyqty thdt_sll_qty hldg_qty
    ord_psbl_qty pchs_avg_pric pchs_amt prpr evlu_amt evlu_pfls_amt evlu_pfls_rt evlu_erng_rt
    loan_dt loan_amt stln_slng_chgs expd_dt fltt_rt bfdy_cprs_icdc item_mgna_rt_name
    grta_rt_name sbst_pric stck_loan_unpr
    """
)
OPEN_FIELDS = _names(
    """
    ord_gno_brno odno orgn_odno ord_dvsn_name pdno prdt_name rvse_cncl_dvsn_name ord_qty ord_unpr
    ord_tmd tot_ccld_qty tot_ccld_amt psbl_qty sll_buy_dvsn_cd ord_dvsn_cd mgco_aptm_odno
    excg_dvsn_cd excg_id_dvsn_cd excg_id_dvsn_name stpm_cndt_pric stpm_efct_occr_yn
    """
)
DAILY_FIELDS = _names(
    """
    ord_dt ord_gno_brno odno orgn_odno ord_dvsn_name sll_buy_dvsn_cd sll_buy_dvsn_cd_name pdno
    prdt_name ord_qty ord_unpr ord_tmd tot_ccld_qty avg_prvs cncl_yn tot_ccld_amt loan_dt
    ordr_empno ord_dvsn_cd cncl_cfrm_qty rmn_qty rjct_qty ccld_cndt_name inqr_ip_addr
    cpbc_ordp_ord_rcit_dvsn_cd infm_tmd ctac_tlno prdt_type_cd excg_dvsn_cd
    cpbc_ordp_mtrl_dvsn_cd ord_orgno rsvn_ord_end_dt excg_id_dvsn_cd stpm_cndt_pric
    stpm_efct_occr_dtmd
    """
)
PRICE_FIELDS = _names(
    """
    iscd_stat_cls_code marg_rate rprs_mrkt_kor_name bstp_kor_isnm temp_stop_yn oprc_rang_cont_yn
    clpr_rang_cont_yn crdt_able_yn stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_tr_pbmn
    acml_vol prdy_vrss_vol_rate stck_oprc stck_hgpr stck_lwpr stck_mxpr stck_llam stck_sdpr
    wghn_avrg_stck_prc hts_frgn_ehrt aspr_unit hts_deal_qty_unit_val lstn_stcn hts_avls per pbr
    eps bps w52_hgpr w52_lwpr stck_shrn_iscd vi_cls_code short_over_yn sltr_yn mrkt_warn_cls_code
    """
)
DAY_FIELDS = _names(
    "trad_dt buy_amt sll_amt rlzt_pfls fee loan_int tl_tax pfls_rt sll_qty1 buy_qty1"
)
SALE_FIELDS = _names(
    """
    trad_dt pdno prdt_name trad_dvsn_name loan_dt hldg_qty pchs_unpr buy_qty buy_amt sll_pric
    sll_qty sll_amt rlzt_pfls pfls_rt fee tl_tax loan_int
    """
)
