using System.Collections.Frozen;

namespace Speech.Contracts;

/// <summary>
/// The languages that NLLB-200 translates into, by its codes (language and script, FLORES-200), in the order of its tokens, and
/// the ISO 639-1 codes by which most people know them. Where several share an ISO code, it means the first.
/// </summary>
public static class TranslationLanguages
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

    /// <summary>NLLB's 202 codes.</summary>
    public static IReadOnlyList<string> NllbCodes { get; } = [.. Entries.Select(NllbCodeOf)];

    private static readonly FrozenDictionary<string, string> NllbCodesByAnyCode = Entries
        .Select(entry => (Code: entry[(entry.IndexOf('=') + 1)..], Nllb: NllbCodeOf(entry)))
        .Concat(NllbCodes.Select(code => (Code: code, Nllb: code)))
        .Concat([(Code: "no", Nllb: "nob_Latn"), (Code: "jw", Nllb: "jav_Latn"), (Code: "yue", Nllb: "yue_Hant")]) // Whisper's own names
        .DistinctBy(pair => pair.Code, StringComparer.OrdinalIgnoreCase)
        .ToFrozenDictionary(pair => pair.Code, pair => pair.Nllb, StringComparer.OrdinalIgnoreCase);

    // By language and script: fr-Latn, zh-Hant, ace-Arab.
    private static readonly FrozenDictionary<(string Language, string Script), string> NllbCodesByTag = Entries
        .Select(entry => entry.Split('=') is [var nllb, var iso] ? (Nllb: nllb, Language: iso) : (Nllb: entry, Language: entry[..3]))
        .Concat([(Nllb: "nob_Latn", Language: "no"), (Nllb: "azb_Arab", Language: "az")])
        .DistinctBy(pair => (pair.Language, pair.Nllb[4..]))
        .ToFrozenDictionary(pair => (pair.Language, pair.Nllb[4..]), pair => pair.Nllb);

    // By language alone; where there are several scripts, the usual one.
    private static readonly FrozenDictionary<string, string> NllbCodesByLanguage = ((string[])["ace_Latn", "bjn_Latn", "taq_Latn", .. NllbCodes])
        .DistinctBy(code => code[..3])
        .ToFrozenDictionary(code => code[..3], StringComparer.Ordinal);

    public static bool IsKnown(string code) => ToNllbCode(code) is not null;

    /// <summary>
    /// NLLB's code for a language named by its own, by Whisper's, or in any way that <see cref="LanguageTag"/> reads (<c>pt-BR</c>, <c>zh-TW</c>);
    /// null when it has no such language, or does not write it in the script that is named.
    /// </summary>
    public static string? ToNllbCode(string code) =>
        NllbCodesByAnyCode.TryGetValue(code, out var known) ? known
        : !LanguageTag.TryParse(code, out var tag) ? null
        : tag.Script is null ? NllbCodesByAnyCode.GetValueOrDefault(tag.Language) ?? NllbCodesByLanguage.GetValueOrDefault(tag.Language)
        : NllbCodesByTag.GetValueOrDefault((tag.Language, ScriptOf(tag)));

    /// <summary>Other codes of a language given by NLLB's.</summary>
    public static IEnumerable<string> AliasesOf(string nllbCode) =>
        from pair in NllbCodesByAnyCode
        where pair.Value == nllbCode && pair.Key != nllbCode
        orderby pair.Key
        select pair.Key;

    // ISO 15924 has names for the usual mixtures, which NLLB writes by their part that tells them apart.
    private static string ScriptOf(LanguageTag tag) => tag.Script switch
    {
        "Kore" => "Hang",
        "Hani" when tag.Language == "zh" => "Hans",
        var script => script!,
    };

    private static string NllbCodeOf(string entry) => entry.Split('=')[0];
}
