"""Short forms of given names, as people give them at a desk: "Bill" and "William" are one name when matching."""

# One group a line, the full name first. A short form that belongs to two names stands in the commoner group.
GROUPS = """
abigail abby gail
albert bert bertie al
alexander alex sandy alec
alexandra sandra lexi
alfred alf alfie fred
andrew andy drew
angela angie
ann anne anna annie nan
anthony tony
arthur art
barbara barb babs
benjamin ben benny
bernard bernie
catherine katherine kathryn catharine cathy kathy kate katie cath kath
charles charlie chuck chas
christina christine chris tina chrissie
christopher kit kris
cynthia cindy
daniel dan danny
david dave davey
deborah debra deb debbie
donald don donnie
dorothy dot dottie dolly
edward ed eddie ned ted teddy
eleanor ellie nell nora
elizabeth liz lizzie beth betty bess eliza libby
emily em emmy
eugene gene
frances fran franny
francis frank frankie
frederick freddy freddie
gerald gerry
geoffrey jeffrey geoff jeff
george georgie
gregory greg
harold harry hal
helen nellie
henry hank
isabella isabel isabelle bella izzy
jacob jake
jacqueline jackie
james jim jimmy jamie
janet jan
jennifer jen jenny
jessica jess jessie
john johnny jack jon
jonathan nathan
joseph joe joey
joshua josh
judith judy
kenneth ken kenny
lawrence laurence larry
leonard len lenny
louis lewis lou
margaret maggie meg peggy marge margie
martin marty
mary molly polly
matthew matt
maureen mo
michael mike mick micky
nicholas nick nicky
olivia liv
pamela pam
patricia pat patty trish tricia
patrick paddy
peter pete
philip phillip phil
raymond ray
rebecca becky becca
richard rick ricky dick rich
robert bob bobby rob robbie
ronald ron ronnie
russell russ
samuel sam sammy
sarah sally sadie
stephen steven steve stevie
stuart stewart stu
susan suzanne sue susie
theresa teresa terry tess
theodore theo
thomas tom tommy
timothy tim
valerie val
victoria vicky tori
vincent vince
walter walt wally
wendy gwen
william bill billy will willie liam
zachary zach
"""

SHORT_FORMS = {name: group.split()[0] for group in GROUPS.strip().splitlines() for name in group.split()}
