// Our own signatures of what comes by mail. meta: `sentence` for people, `points` (at most 4.5).

rule text_program_base64 {
  meta: sentence = "A text has a Windows program in it, in base64." points = 3.5
  strings:
    $stub = "This program cannot be run in DOS mode" base64
    $wide = "This program cannot be run in DOS mode" base64wide
  condition: uint16(0) != 0x5A4D and any of them
}

rule text_program_hexadecimal {
  meta: sentence = "A text has a Windows program in it, as digits." points = 3.5
  strings: $head = /4[dD]5[aA]9[0]{3}0{0,2}03000{4}0{0,1}04[0-9a-fA-F]{40}/
           $stub = "546869732070726f6772616d2063616e6e6f742062652072756e" nocase
  condition: any of them
}

rule document_program {
  meta: sentence = "A document has a Windows program in it." points = 3.5
  strings: $stub = "This program cannot be run in DOS mode"
  condition: $stub and (uint32be(0) == 0xD0CF11E0 or uint32be(0) == 0x25504446 or uint32be(0) == 0x7B5C7274)
}

rule shortcut_powershell {
  meta: sentence = "A shortcut starts PowerShell." points = 4.0
  strings: $a = "powershell" ascii wide nocase
           $b = "pwsh" ascii wide nocase
  condition: uint32be(0) == 0x4C000000 and any of them
}

rule shortcut_fetches {
  meta: sentence = "A shortcut fetches a program." points = 4.0
  strings: $a = "mshta" ascii wide nocase
           $b = "certutil" ascii wide nocase
           $c = "bitsadmin" ascii wide nocase
           $d = "http://" ascii wide nocase
           $e = "https://" ascii wide nocase
           $f = "curl" ascii wide nocase
  condition: uint32be(0) == 0x4C000000 and 2 of them
}

rule powershell_encoded {
  meta: sentence = "A file hides a command for PowerShell." points = 3.5
  strings: $a = /(powershell|pwsh)(\.exe)?[^\r\n]{0,120}[ \t][-\/]e(nc?|ncodedcommand|c)?[ \t]+["']?[A-Za-z0-9+\/]{40}/ nocase ascii wide
  condition: $a
}

rule powershell_downloads {
  meta: sentence = "A script fetches a program and starts it." points = 3.5
  strings: $net = "Net.WebClient" nocase ascii wide
           $get = /Download(String|File|Data)/ nocase ascii wide
           $web = "Invoke-WebRequest" nocase ascii wide
           $rest = "Invoke-RestMethod" nocase ascii wide
           $run = /\b(IEX|Invoke-Expression|Start-Process)\b/ nocase ascii wide
  condition: $run and (($net and $get) or $web or $rest)
}

rule powershell_memory {
  meta: sentence = "A script loads a program without a file." points = 4.0
  strings: $a = "FromBase64String" nocase ascii wide
           $b = /\[(System\.)?Reflection\.Assembly\]::Load/ nocase ascii wide
           $c = "VirtualAlloc" nocase ascii wide
           $d = "AmsiUtils" nocase ascii wide
  condition: ($a and ($b or $c)) or $d
}

rule script_dropper {
  meta: sentence = "A script writes a program and starts it." points = 3.5
  strings: $shell = "WScript.Shell" nocase ascii wide
           $stream = "ADODB.Stream" nocase ascii wide
           $save = "SaveToFile" nocase ascii wide
           $http = /(MSXML2\.(Server)?XMLHTTP|WinHttp\.WinHttpRequest)/ nocase ascii wide
  condition: ($stream and $save) or ($shell and $http)
}

rule script_persistence {
  meta: sentence = "A script sees to it that it is started again." points = 2.5
  strings: $a = "CurrentVersion\\Run" nocase ascii wide
           $b = /schtasks(\.exe)?[^\r\n]{0,40}\/create/ nocase ascii wide
           $c = /(RegWrite|reg(\.exe)? add|New-ItemProperty|New-ScheduledTask)/ nocase ascii wide
  condition: $b or ($a and $c)
}

rule script_shadow_copies {
  meta: sentence = "A script deletes backups, as extortionists do." points = 4.5
  strings: $a = /vssadmin(\.exe)?\s{1,9}delete\s{1,9}shadows/ nocase ascii wide
           $b = /wmic(\.exe)?\s{1,9}shadowcopy\s{1,9}delete/ nocase ascii wide
           $c = /bcdedit[^\r\n]{0,60}recoveryenabled\s{1,9}no/ nocase ascii wide
  condition: any of them
}

rule page_smuggles_file {
  meta: sentence = "A page builds a file and saves it." points = 3.5
  strings: $blob = /new\s{1,9}Blob\s{0,9}\(/ nocase
           $url = "createObjectURL" nocase
           $save = "msSaveOrOpenBlob" nocase
           $down = /\.download\s{0,9}=/ nocase
           $atob = /\batob\s{0,9}\(/ nocase
           $code = "fromCharCode" nocase
  condition: $blob and ($atob or $code) and ($save or ($url and $down))
}

rule page_smuggles_archive {
  meta: sentence = "A page has an archive or a disk in it." points = 3.0
  strings: $zip = /["'`]UEsDB[A-Za-z0-9+\/]{200}/
           $iso = /["'`]A{400}/
           $rar = /["'`]UmFyIR[A-Za-z0-9+\/]{200}/
           $script = "<script" nocase
  condition: $script and any of ($zip, $iso, $rar)
}

rule page_asks_password_of_account {
  meta: sentence = "A page imitates the log-in of a known service." points = 4.0
  strings: $field = /<input[^>]{1,300}type\s{0,3}=\s{0,3}["']?password/ nocase
           $ms = /(login\.microsoftonline|logincdn\.ms|aadcdn\.ms|Microsoft account|Office ?365|Outlook Web App)/ nocase
           $other = /(DocuSign|Adobe Document Cloud|WeTransfer|DHL Express|SharePoint|OneDrive)/ nocase
  condition: $field and any of ($ms, $other)
}

rule page_sends_to_bot {
  meta: sentence = "A page sends what is typed to a chat robot or a form service, as thieves do." points = 4.0
  strings: $bot = /api\.telegram\.org\/bot[0-9]{5,12}:/ nocase
           $form = /(formspree\.io\/f\/|submit-form\.com\/|formsubmit\.co\/|discord(app)?\.com\/api\/webhooks\/)/ nocase
           $field = /type\s{0,3}=\s{0,3}["']?password/ nocase
  condition: $bot or ($form and $field)
}

rule page_escaped_whole {
  meta: sentence = "A page is one escaped text that a script writes." points = 3.0
  strings: $a = /document\.write(ln)?\s{0,9}\(\s{0,9}(unescape|decodeURIComponent|atob)\s{0,9}\(/ nocase
           $b = /eval\s{0,9}\(\s{0,9}(unescape|decodeURIComponent|atob|function\s{0,3}\(p,a,c,k,e)/ nocase
  condition: any of them
}

rule disk_with_shortcut {
  meta: sentence = "A disk image has a shortcut in it." points = 3.5
  strings: $iso = "CD001"
           $lnk = /\.LNK;1/ nocase
           $wide = { 2E 00 6C 00 6E 00 6B }
           $body = { 4C 00 00 00 01 14 02 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
  condition: $iso at 32769 and any of ($lnk, $wide, $body)
}

rule program_autoit {
  meta: sentence = "A program is a script for AutoIt, in a wrapper that much malware uses." points = 3.5
  strings: $a = "AU3!EA06"
           $b = ">>>AUTOIT SCRIPT<<<" ascii wide
           $c = "#AutoIt3Wrapper" nocase
  condition: any of them
}

rule macro_downloader {
  meta: sentence = "Macros fetch something and start it." points = 3.5
  strings: $a = "URLDownloadToFile" nocase ascii wide
           $b = /(MSXML2\.(Server)?XMLHTTP|WinHttp\.WinHttpRequest)/ nocase ascii wide
           $c = "Auto_Open" nocase ascii wide
           $d = "AutoOpen" nocase ascii wide
           $e = "Document_Open" nocase ascii wide
           $f = "Workbook_Open" nocase ascii wide
  condition: ($a or $b) and any of ($c, $d, $e, $f)
}

rule document_follina {
  meta: sentence = "A file calls Windows' troubleshooter, a known hole." points = 4.5
  strings: $a = "ms-msdt:" nocase ascii wide
           $b = "IT_BrowseForFile" nocase ascii wide
           $c = "search-ms:query" nocase ascii wide
  condition: ($a and $b) or $c
}

rule batch_hidden {
  meta: sentence = "A script for the command line hides what it does." points = 2.5
  strings: $a = /(%[^%\r\n:]{1,30}:~[0-9]{1,3},1%){6}/
           $b = /(\^[a-zA-Z]){8}/
  condition: any of them
}
