//! Words that are more often words than names: those that sentences are made of, days and months, and what people call
//! folders, lists and diaries.

use std::collections::HashSet;
use std::sync::LazyLock;

const WORDS: &str = "\
a about above abstract access are however or such account accounts across action actions active activities activity actual add address \
admin advice after afternoon again against age agenda agent ago ai album all almost alone along already also although \
always am among an and animal animals annual another answer answers any anybody anyone anything app appendix apple \
apps archive archived archives area areas around art article articles as ask at attachments august author authors \
autumn away baby back background backlog backup bad bag balance ball bank base basic basics be beach bear because bed \
before begin being best better between big bill bills bike bird birthday black blog blue board body book bookmarks \
books both bottom box boy bread break breakfast brother budget bug bugs build building bus business but buy by cake \
calendar call calls came can car card cards care career case cash cat categories category cats change changelog \
changes chapter chat check checklist child children choice christmas church city class classes cleaning client clients \
clock close clothes code coffee cold collection color come comment comments community company computer concept \
concepts config contact contacts content contents context cook cooking copy core cost costs could country course \
courses cup current customer customers daily dad dashboard data database date dates daughter day days dead deal dear \
death december decision decisions default deep demo design desk details dev development diary did diet dinner do doc \
doctor document documents does dog dogs doing done door down draft drafts dream dreams drink drive during each early \
east easter easy eat education eight email emails end energy english enough entries entry environment equipment error \
errors essay essays etc even evening event events ever every everybody everyone everything example examples exercise \
exercises experience experiment experiments eye face fact facts fall family faq far farm father favorite favorites \
favourite fear feature features february feedback feel few fiction field figure file files film films finance \
finances find fire first fish fitness five flight flights flower flowers focus folder food foot for forest form four \
free friday friend friends from front fruit full fun function future gallery game games garden general get getting \
gift gifts girl give glossary go goal goals god gold good grammar grand great green ground group groups guide guides \
habit habits had hair half hand happy hard has have he head health heart heat hello help her here hers high him his \
history hobbies hobby holiday holidays home hope hospital host hot hotel hour hours house how human hundred husband i \
ice idea ideas if image images important in inbox index info information input insurance interview interviews into \
intro introduction is issue issues it item items its itself january job jobs journal journals july june just key keys \
kid kids kind king kitchen knowledge lake land language languages last late later law lead learn learning left legal \
lesson lessons let letter letters level library life light like line link links list lists literature little live \
living local location log logs long look lost lot love lunch mail main make man manual many map maps march market \
master material materials maths matter may maybe me meal meals mean measure media medical medicine meeting meetings \
member members memories memory men menu message messages meta method methods middle might milk mind mine minutes misc \
miscellaneous mission mistakes model models moment monday money month monthly months moon more morning most mother \
motivation mountain move movie movies much mum music must my name names nature need needs network never new news \
newsletter next nice night nine no nobody none noon north not note notebook notes nothing november now number numbers \
object october of off office often oil okay old on once one online only open order orders other others our ours out \
outline output over overview own page pages paper papers parent parents part parts party past path pattern patterns \
payment people perhaps person personal pet phone photo photos picture pictures pieces pipeline place places plan \
planning plans plant plants play please point policy portfolio possible post posts practice prep present price \
principles priorities private problem problems process product products profile program progress project projects \
prompt proposal publish purchase purpose put queen query question questions queue quick quote quotes random read \
readme reading real reason recent recipe recipes record records red reference references reflection reflections \
register release releases rent repair report reports request requests research resource resources rest results resume \
retro retrospective review reviews right ring river road roadmap room routine routines rule rules run running safety \
same sand saturday save say schedule school science script scripts sea search season second section security see self \
send september series service services session sessions set setting settings setup seven several shall she shop \
shopping short should show side sign simple since single sister site sites six size skill skills sky sleep slow small \
snow so social software solution some somebody someone something sometimes son song songs soon sound source sources \
south space spec special sport sports spring stage standard star start state status step still stone stop store \
stories story strategy street study stuff style subject summary summer sun sunday support sure system systems table \
tag tags take talk talks task tasks tax taxes tea teacher team teams tech technique technology template templates ten \
test testing tests text than thank thanks that the their them theme themes then theory there these they thing things \
think third this those though thought thoughts thousand three through thursday ticket time timeline times tip tips \
title to today todo todos together tomorrow tonight too tool tools top topic topics town toy track tracker training \
transcript travel tree trees trip trips truth try tuesday turn tutorial two type types under unit until untitled up \
update updates upon us use user users usual value values vegetables vendor verb version very video videos view vision \
visit vocabulary vs walk walking wall want war was watch watchlist water way ways we weather website wedding wednesday \
week weekend weekly weeks weight welcome well were west what when where whether which while white who whole whose why \
wife wiki will wind wine winter wish with without woman women wood word words work working workout workouts works \
workshop world would write writing yard year yearly years yellow yes yesterday yet you young your yours zero \
met saw told gave sent wrote said asked went made took got found called came left let told thanks dear hi hello tell ask give";

static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| WORDS.split_whitespace().collect());

/// Tells whether a word, in lower case, is an ordinary one.
pub(super) fn is_common(word: &str) -> bool {
    COMMON.contains(word)
}
