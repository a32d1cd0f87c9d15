"""Names as people write them, on both sides of the Atlantic: each finds its ingredients, and a slip of the pen finds none."""

import pytest

from wardline.orders import drugs

TABLE = drugs.load()

# Written from memory of the names, not from the table: what somebody wrote, and every ingredient of it.
WRITTEN = """
Tylenol=paracetamol;TYLENOL=paracetamol;  panadol  =paracetamol;Calpol=paracetamol;co-codamol=codeine + paracetamol
Co-codamol 30/500=codeine + paracetamol;Tylenol #3=codeine + paracetamol;Percodan=oxycodone + aspirin;Lortab=hydrocodone + paracetamol
co-amoxiclav=amoxicillin + clavulanic acid;Co-Amoxiclav 500/125=amoxicillin + clavulanic acid;amoxycillin=amoxicillin
trimethoprim/sulfamethoxazole=trimethoprim + sulfamethoxazole;TMP/SMX=sulfamethoxazole + trimethoprim
cotrimoxazole=sulfamethoxazole + trimethoprim;Bactrim DS=sulfamethoxazole + trimethoprim;Septra=sulfamethoxazole + trimethoprim
Eliquis=apixaban;apixaban 5mg=apixaban;Apixaban 5 mg tablets=apixaban;Savaysa=edoxaban;warfarin sodium=warfarin;Jantoven=warfarin
Coversyl Plus=perindopril + indapamide;Exforge=amlodipine + valsartan;Micardis HCT=telmisartan + hydrochlorothiazide
Diovan HCT=valsartan + hydrochlorothiazide;Vaseretic=enalapril + hydrochlorothiazide;co-amilozide=amiloride + hydrochlorothiazide
Lisinopril-HCTZ=lisinopril + hydrochlorothiazide;Caduet=amlodipine + atorvastatin;ezetimibe/simvastatin=ezetimibe + simvastatin
Janumet=sitagliptin + metformin;Xigduo=dapagliflozin + metformin;Synjardy=empagliflozin + metformin;glyburide=glibenclamide
BiDil=hydralazine + isosorbide dinitrate;Isordil=isosorbide dinitrate;Nitrostat=glyceryl trinitrate;Monomil XL=isosorbide mononitrate
Stalevo=levodopa + carbidopa + entacapone;Sinemet=levodopa + carbidopa;MST Continus=morphine;MS Contin=morphine
Syntometrine=ergometrine + oxytocin;Methergine=methylergometrine;ergonovine=ergometrine;dihydroergotamine mesylate=dihydroergotamine
Klacid=clarithromycin;Z-Pak=azithromycin;Pen VK=phenoxymethylpenicillin;pip/tazo=piperacillin + tazobactam;Zosyn=piperacillin + tazobactam
sulphamethoxazole=sulfamethoxazole;gentamicin sulphate=gentamicin;cephalexin=cefalexin;Ceftin=cefuroxime;Timentin=ticarcillin + clavulanic acid
cyclosporin A=ciclosporin;Sandimmun=ciclosporin;Maxtrex=methotrexate;MTX=methotrexate;Cytoxan=cyclophosphamide;Ara-C=cytarabine
frusemide=furosemide;bendrofluazide=bendroflumethiazide;HCTZ=hydrochlorothiazide;ethacrynic acid=etacrynic acid
lignocaine=lidocaine;EMLA=lidocaine + prilocaine;adrenaline=epinephrine;noradrenaline=norepinephrine;thiopentone=thiopental
Serenace=haloperidol;Haldol=haloperidol;thiothixene=tiotixene;Prolixin=fluphenazine;Eskalith=lithium;lithium carbonate=lithium
benztropine=benzatropine;benzhexol=trihexyphenidyl;dothiepin=dosulepin;amphetamine sulfate=amfetamine;dextroamphetamine=dexamfetamine
lisdexamfetamine dimesylate=lisdexamfetamine;Daytrana=methylphenidate;Adzenys=amfetamine;methamphetamine=metamfetamine
Contrave=naltrexone + bupropion;Qsymia=phentermine + topiramate;Auvelity=dextromethorphan + bupropion;Symbyax=olanzapine + fluoxetine
meperidine=pethidine;heroin=diamorphine;codeine phosphate=codeine;Nuedexta=dextromethorphan + quinidine;Robitussin DM=dextromethorphan
phenobarbitone=phenobarbital;divalproex sodium=valproic acid;Epanutin=phenytoin;St. John's Wort=hypericum;rifampin=rifampicin
Paxlovid=nirmatrelvir + ritonavir;Descovy=emtricitabine + tenofovir alafenamide;Triumeq=dolutegravir + abacavir + lamivudine
Dovato=dolutegravir + lamivudine;Pylera=bismuth subcitrate + metronidazole + tetracycline;lopinavir/ritonavir=lopinavir + ritonavir
ASA=aspirin;Nu-Seals=aspirin;acetylsalicylic acid=aspirin;Aggrenox=aspirin + dipyridamole;Vimovo=naproxen + esomeprazole
Depo-Medrol=methylprednisolone;Solu-Cortef=hydrocortisone;albuterol=salbutamol;Relvar=fluticasone + vilanterol;Fostair=beclometasone + formoterol
Humulin R=insulin human;Insulatard=insulin human;NovoMix 30=insulin aspart;Humalog Mix25=insulin lispro;Toujeo=insulin glargine
K-Dur=potassium chloride;KCl=potassium chloride;normal saline=sodium chloride;Hartmann's=sodium lactate compound
Dianette=cyproterone + ethinylestradiol;NuvaRing=etonogestrel + ethinylestradiol;Qlaira=estradiol + dienogest
ferrous sulphate=ferrous sulfate;vitamin B-12=cyanocobalamin;niacin=nicotinic acid;alpha-tocopherol=tocopherol;L-thyroxine=levothyroxine
6-MP=mercaptopurine;azathioprine=azathioprine;Uloric=febuxostat;methylene blue=methylthioninium chloride;Matulane=procarbazine
"""

SLIPS = "warfrin paracetmol amoxicilin asprin simvastatine xyzzy metforman clarithromicin Tylenoll lisinoprill gentamycin amitryptiline"


@pytest.mark.parametrize("line", [line for line in WRITTEN.replace("\n", ";").split(";") if line.strip()])
def test_a_name_as_people_write_it_is_all_its_ingredients(line: str):
    written, _, meant = line.partition("=")
    found = TABLE.find(written)
    assert found is not None
    assert {drug.name for drug in found.drugs} == set(meant.split(" + "))


@pytest.mark.parametrize("written", SLIPS.split())
def test_a_slip_of_the_pen_is_unknown_and_what_was_meant_is_asked(written: str):
    assert TABLE.find(written) is None
    assert written == "xyzzy" or TABLE.like(written)
