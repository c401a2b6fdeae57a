"""The names of the fields that the simulated TRs answer, in their documented order."""

from __future__ import annotations


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


DEPOSIT = _names(
    """
    entr profa_ch bncr_profa_ch nxdy_bncr_sell_exct fc_stk_krw_repl_set_amt crd_grnta_ch
    crd_grnt_ch add_grnt_ch etc_profa uncl_stk_amt shrts_prica crd_set_grnta
    chck_ina_amt etc_chck_ina_amt crd_grnt_ruse knx_asset_evltv elwdpst_evlta
    crd_ls_rght_frcs_amt lvlh_join_amt lvlh_trns_alowa repl_amt remn_repl_evlta
    trst_remn_repl_evlta bncr_remn_repl_evlta profa_repl crd_grnta_repl crd_grnt_repl
    add_grnt_repl rght_repl_amt pymn_alow_amt wrap_pymn_alow_amt ord_alow_amt
    bncr_buy_alowa 20stk_ord_alow_amt 30stk_ord_alow_amt 40stk_ord_alow_amt
    100stk_ord_alow_amt ch_uncla ch_uncla_dlfe ch_uncla_tot crd_int_npay
    int_npay_amt_dlfe int_npay_amt_tot etc_loana etc_loana_dlfe etc_loan_tot nrpy_loan
    loan_sum ls_sum crd_grnt_rt mdstrm_usfe min_ord_alow_yn loan_remn_evlt_amt
    dpst_grntl_remn sell_grntl_remn d1_entra d1_slby_exct_amt d1_buy_exct_amt
    d1_out_rep_mor d1_sel_exct_amt d1_pymn_alow_amt d2_entra d2_slby_exct_amt
    d2_buy_exct_amt d2_out_rep_mor d2_sel_exct_amt d2_pymn_alow_amt 50stk_ord_alow_amt
    60stk_ord_alow_amt
    """
)
FOREIGN_CASH = _names(
    """
    crnc_cd fx_entr fc_krw_repl_evlta fc_trst_profa pymn_alow_amt pymn_alow_amt_entr
    ord_alow_amt_entr fc_uncla fc_ch_uncla dly_amt d1_fx_entr d2_fx_entr d3_fx_entr
    d4_fx_entr
    """
)
HOLDING = _names(
    """
    stk_cd stk_nm evltv_prft prft_rt pur_pric pred_close_pric rmnd_qty trde_able_qty
    cur_prc pred_buyq pred_sellq tdy_buyq tdy_sellq pur_amt pur_cmsn evlt_amt sell_cmsn
    tax sum_cmsn poss_rt crd_tp crd_tp_nm crd_loan_dt
    """
)
EVALUATED_HOLDING = _names(
    """
    stk_cd stk_nm rmnd_qty avg_prc cur_prc evlt_amt pl_amt pl_rt loan_dt pur_amt
    setl_remn pred_buyq pred_sellq tdy_buyq tdy_sellq
    """
)
EXECUTED_HOLDING = _names(
    """
    crd_tp loan_dt expr_dt stk_cd stk_nm setl_remn cur_qty cur_prc buy_uv pur_amt
    evlt_amt evltv_prft pl_rt
    """
)
BASIC_INFORMATION = _names(
    """
    stk_cd stk_nm setl_mm fav cap flo_stk crd_rt oyr_hgst oyr_lwst mac mac_wght
    for_exh_rt repl_pric per eps roe pbr ev bps sale_amt bus_pro cup_nga 250hgst 250lwst
    high_pric open_pric low_pric upl_pric lst_pric base_pric exp_cntr_pric exp_cntr_qty
    250hgst_pric_dt 250hgst_pric_pre_rt 250lwst_pric_dt 250lwst_pric_pre_rt cur_prc
    pre_sig pred_pre flu_rt trde_qty trde_pre fav_unit dstr_stk dstr_rt
    """
)
WATCHED_INSTRUMENT = _names(
    """
    stk_cd stk_nm cur_prc base_pric pred_pre pred_pre_sig flu_rt trde_qty trde_prica
    cntr_qty cntr_str pred_trde_qty_pre sel_bid buy_bid sel_1th_bid sel_2th_bid
    sel_3th_bid sel_4th_bid sel_5th_bid buy_1th_bid buy_2th_bid buy_3th_bid buy_4th_bid
    buy_5th_bid upl_pric lst_pric open_pric high_pric low_pric close_pric cntr_tm
    exp_cntr_pric exp_cntr_qty cap fav mac stkcnt bid_tm dt pri_sel_req pri_buy_req
    pri_sel_cnt pri_buy_cnt tot_sel_req tot_buy_req tot_sel_cnt tot_buy_cnt prty gear
    pl_qutr cap_support elwexec_pric cnvt_rt elwexpr_dt cntr_engg cntr_pred_pre
    theory_pric innr_vltl delta gam theta vega law
    """
)
OPEN_ORDER = _names(
    """
    acnt_no ord_no mang_empno stk_cd tsk_tp ord_stt stk_nm ord_qty ord_pric oso_qty
    cntr_tot_amt orig_ord_no io_tp_nm trde_tp tm cntr_no cntr_pric cntr_qty cur_prc
    sel_bid buy_bid unit_cntr_pric unit_cntr_qty tdy_trde_cmsn tdy_trde_tax ind_invsr
    stex_tp stex_tp_txt sor_yn stop_pric
    """
)
FILLED_ORDER = _names(
    """
    ord_no stk_nm io_tp_nm ord_pric ord_qty cntr_pric cntr_qty oso_qty tdy_trde_cmsn
    tdy_trde_tax ord_stt trde_tp orig_ord_no ord_tm stk_cd stex_tp stex_tp_txt sor_yn
    stop_pric
    """
)
SPLIT_ORDER = _names(
    """
    stk_cd stk_nm ord_no ord_qty ord_pric osop_qty io_tp_nm trde_tp sell_tp cntr_qty
    ord_stt cur_prc stex_tp stex_tp_txt
    """
)
DAILY_ORDER = _names(
    """
    ord_no stk_cd trde_tp crd_tp ord_qty ord_uv cnfm_qty acpt_tp rsrv_tp ord_tm ori_ord
    stk_nm io_tp_nm loan_dt cntr_qty cntr_uv ord_remnq comm_ord_tp mdfy_cncl cnfm_tm
    dmst_stex_tp cond_uv
    """
)
ORDER_STATUS = _names(
    """
    stk_bond_tp ord_no stk_cd trde_tp io_tp_nm ord_qty ord_uv cnfm_qty rsrv_oppo cntr_no
    acpt_tp orig_ord_no stk_nm setl_tp crd_deal_tp cntr_qty cntr_uv comm_ord_tp
    mdfy_cncl_tp cntr_tm dmst_stex_tp cond_uv
    """
)
REALIZED_FROM_DAY = _names(
    """
    stk_nm cntr_qty buy_uv cntr_pric tdy_sel_pl pl_rt stk_cd tdy_trde_cmsn tdy_trde_tax
    wthd_alowa loan_dt crd_tp stk_cd_1 tdy_sel_pl_1
    """
)
REALIZED_IN_PERIOD = _names(
    """
    dt tdy_htssel_cmsn stk_nm cntr_qty buy_uv cntr_pric tdy_sel_pl pl_rt stk_cd
    tdy_trde_cmsn tdy_trde_tax wthd_alowa loan_dt crd_tp
    """
)
REALIZED_DAY = _names("dt buy_amt sell_amt tdy_sel_pl tdy_trde_cmsn tdy_trde_tax")
REALIZED_TODAY = _names(
    "stk_nm cntr_qty buy_uv cntr_pric tdy_sel_pl pl_rt tdy_trde_cmsn tdy_trde_tax stk_cd"
)
TRANSACTION = _names(
    """
    trde_dt trde_no rmrk_nm crd_deal_tp_nm exct_amt loan_amt_rpya fc_trde_amt fc_exct_amt
    entra_remn crnc_cd trde_ocr_tp trde_kind_nm stk_nm trde_amt trde_agri_tax rpy_diffa
    fc_trde_tax dly_sum fc_entra mdia_tp_nm io_tp io_tp_nm orig_deal_no stk_cd
    trde_qty_jwa_cnt cmsn int_ls_usfe fc_cmsn fc_dly_sum vlbl_nowrm proc_tm isin_cd stex_cd
    stex_nm trde_unit incm_resi_tax loan_dt uncl_ocr rpym_sum cntr_dt rcpy_no prcsr
    proc_brch trde_stle txon_base_pric tax_sum_cmsn frgn_pay_txam fc_uncl_ocr rpym_sum_fr
    rcpmnyer trde_prtc_tp
    """
)
LISTED_INSTRUMENT = _names(
    """
    code name listCount auditInfo regDay lastPrice state marketCode marketName upName
    upSizeName companyClassName orderWarning nxtEnable
    """
)
