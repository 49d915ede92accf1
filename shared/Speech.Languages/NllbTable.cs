using System.Collections.Frozen;

namespace Speech.Languages;

/// <summary>NLLB-200's 202 languages (language and script, FLORES-200) in the order of their tokens, with the ISO 639-1 codes of those that
/// have one. Where several share an ISO code, it means the first.</summary>
/// <remarks>Source: huggingface/transformers, <c>tokenization_nllb.py</c>; the ISO codes are from ISO 639.</remarks>
public static class NllbTable
{
    private static readonly string[] Entries = """
        ace_Arab ace_Latn acm_Arab acq_Arab aeb_Arab afr_Latn=af ajp_Arab aka_Latn=ak amh_Ethi=am apc_Arab arb_Arab=ar ars_Arab
        ary_Arab arz_Arab asm_Beng=as ast_Latn awa_Deva ayr_Latn=ay azb_Arab azj_Latn=az bak_Cyrl=ba bam_Latn=bm ban_Latn bel_Cyrl=be
        bem_Latn ben_Beng=bn bho_Deva bjn_Arab bjn_Latn bod_Tibt=bo bos_Latn=bs bug_Latn bul_Cyrl=bg cat_Latn=ca ceb_Latn ces_Latn=cs
        cjk_Latn ckb_Arab crh_Latn cym_Latn=cy dan_Latn=da deu_Latn=de dik_Latn dyu_Latn dzo_Tibt=dz ell_Grek=el eng_Latn=en
        epo_Latn=eo est_Latn=et eus_Latn=eu ewe_Latn=ee fao_Latn=fo pes_Arab=fa fij_Latn=fj fin_Latn=fi fon_Latn fra_Latn=fr fur_Latn
        fuv_Latn=ff gla_Latn=gd gle_Latn=ga glg_Latn=gl grn_Latn=gn guj_Gujr=gu hat_Latn=ht hau_Latn=ha heb_Hebr=he hin_Deva=hi
        hne_Deva hrv_Latn=hr hun_Latn=hu hye_Armn=hy ibo_Latn=ig ilo_Latn ind_Latn=id isl_Latn=is ita_Latn=it jav_Latn=jv jpn_Jpan=ja
        kab_Latn kac_Latn kam_Latn kan_Knda=kn kas_Arab=ks kas_Deva=ks kat_Geor=ka knc_Arab=kr knc_Latn=kr kaz_Cyrl=kk kbp_Latn
        kea_Latn khm_Khmr=km kik_Latn=ki kin_Latn=rw kir_Cyrl=ky kmb_Latn kon_Latn=kg kor_Hang=ko kmr_Latn=ku lao_Laoo=lo lvs_Latn=lv
        lij_Latn lim_Latn=li lin_Latn=ln lit_Latn=lt lmo_Latn ltg_Latn ltz_Latn=lb lua_Latn lug_Latn=lg luo_Latn lus_Latn mag_Deva
        mai_Deva mal_Mlym=ml mar_Deva=mr min_Latn mkd_Cyrl=mk plt_Latn=mg mlt_Latn=mt mni_Beng khk_Cyrl=mn mos_Latn mri_Latn=mi
        zsm_Latn=ms mya_Mymr=my nld_Latn=nl nno_Latn=nn nob_Latn=nb npi_Deva=ne nso_Latn nus_Latn nya_Latn=ny oci_Latn=oc gaz_Latn=om
        ory_Orya=or pag_Latn pan_Guru=pa pap_Latn pol_Latn=pl por_Latn=pt prs_Arab pbt_Arab=ps quy_Latn=qu ron_Latn=ro run_Latn=rn
        rus_Cyrl=ru sag_Latn=sg san_Deva=sa sat_Beng scn_Latn shn_Mymr sin_Sinh=si slk_Latn=sk slv_Latn=sl smo_Latn=sm sna_Latn=sn
        snd_Arab=sd som_Latn=so sot_Latn=st spa_Latn=es als_Latn=sq srd_Latn=sc srp_Cyrl=sr ssw_Latn=ss sun_Latn=su swe_Latn=sv
        swh_Latn=sw szl_Latn tam_Taml=ta tat_Cyrl=tt tel_Telu=te tgk_Cyrl=tg tgl_Latn=tl tha_Thai=th tir_Ethi=ti taq_Latn taq_Tfng
        tpi_Latn tsn_Latn=tn tso_Latn=ts tuk_Latn=tk tum_Latn tur_Latn=tr twi_Latn=tw tzm_Tfng uig_Arab=ug ukr_Cyrl=uk umb_Latn
        urd_Arab=ur uzn_Latn=uz vec_Latn vie_Latn=vi war_Latn wol_Latn=wo xho_Latn=xh ydd_Hebr=yi yor_Latn=yo yue_Hant zho_Hans=zh
        zho_Hant=zh zul_Latn=zu
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private static readonly FrozenDictionary<string, int> Indices = Entries
        .Select((entry, index) => (Code: entry.Split('=')[0], Index: index))
        .ToFrozenDictionary(pair => pair.Code, pair => pair.Index, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, int> IndicesByIsoCode = Entries
        .Select((entry, index) => (Codes: entry.Split('='), Index: index))
        .Where(pair => pair.Codes.Length == 2)
        .DistinctBy(pair => pair.Codes[1])
        .ToFrozenDictionary(pair => pair.Codes[1], pair => pair.Index, StringComparer.Ordinal);

    /// <summary>Codes such as <c>fra_Latn</c>, in token order.</summary>
    public static IReadOnlyList<string> Codes { get; } = [.. Entries.Select(entry => entry.Split('=')[0])];

    /// <summary>NLLB's code of a language given by it or by its ISO 639-1 code; null when there is none.</summary>
    public static string? Find(string code) =>
        Indices.ContainsKey(code) ? code : IndicesByIsoCode.TryGetValue(code, out var index) ? Codes[index] : null;

    /// <summary>The ISO 639-1 code of one of <see cref="Codes"/>; null when the language has none.</summary>
    public static string? IsoCode(string code) =>
        Indices.TryGetValue(code, out var index) && Entries[index].Split('=') is [_, var iso] ? iso : null;

    /// <summary>The place of one of <see cref="Codes"/> among them: that of its token.</summary>
    public static int IndexOf(string code) => Indices[code];
}
