; The installer for Windows, for Inno Setup 6.3 or newer:  iscc /DVersion=0.1.0 packaging\windows\rekindle.iss
; For the person alone by default, so that no administrator is needed. Signed where /DSign is given and a sign tool called
; "rekindle" is configured. What Rekindle keeps for people is not touched when it is removed, and the last page says where
; it is.

#ifndef Version
  #error /DVersion=... is missing
#endif

[Setup]
AppId={{6E1F0C7B-3C57-4F0C-9D0C-7C1E0E6B5A12}
AppName=Rekindle
AppVersion={#Version}
AppPublisher=The Rekindle authors
VersionInfoVersion={#Version}
VersionInfoDescription=Rekindle, installer
DefaultDirName={autopf}\Rekindle
DefaultGroupName=Rekindle
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
ChangesAssociations=yes
CloseApplications=yes
LicenseFile=..\..\LICENSE
SetupIconFile=..\..\build\icons\rekindle.ico
UninstallDisplayIcon={app}\Rekindle.exe
SourceDir=.
OutputDir=..\..\dist
OutputBaseFilename=Rekindle-{#Version}-windows-x64-setup
Compression=lzma2
SolidCompression=yes
WizardStyle=modern
#ifdef Sign
SignTool=rekindle
SignedUninstaller=yes
#endif

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; GroupDescription: "{cm:AdditionalIcons}"; Flags: unchecked

[InstallDelete]
; A library of the version before must not be loaded by this one.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "..\..\dist\Rekindle\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{group}\Rekindle"; Filename: "{app}\Rekindle.exe"
Name: "{autodesktop}\Rekindle"; Filename: "{app}\Rekindle.exe"; Tasks: desktopicon

[Registry]
; "Open with", without taking any file type away from whoever has it.
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "Rekindle"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe\shell\open\command"; ValueType: string; ValueData: """{app}\Rekindle.exe"" ""%1"""
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe\SupportedTypes"; ValueType: string; ValueName: ".jpg"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe\SupportedTypes"; ValueType: string; ValueName: ".jpeg"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe\SupportedTypes"; ValueType: string; ValueName: ".png"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe\SupportedTypes"; ValueType: string; ValueName: ".tif"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe\SupportedTypes"; ValueType: string; ValueName: ".tiff"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe\SupportedTypes"; ValueType: string; ValueName: ".webp"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe\SupportedTypes"; ValueType: string; ValueName: ".heic"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe\SupportedTypes"; ValueType: string; ValueName: ".avif"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe\SupportedTypes"; ValueType: string; ValueName: ".gif"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\Rekindle.exe\SupportedTypes"; ValueType: string; ValueName: ".bmp"; ValueData: ""

[Run]
Filename: "{app}\Rekindle.exe"; Description: "{cm:LaunchProgram,Rekindle}"; Flags: nowait postinstall skipifsilent

[Code]
procedure CurUninstallStepChanged(Step: TUninstallStep);
begin
  if (Step = usPostUninstall) and not UninstallSilent then
    MsgBox('Rekindle is gone. Your settings, queue and models stay in ' + ExpandConstant('{localappdata}\rekindle') +
      ' until you delete that folder.', mbInformation, MB_OK);
end;
