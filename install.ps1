<#
.SYNOPSIS
Installs trop on Windows, for the present user.

.DESCRIPTION
Downloads the program, checks it against the release's checksums and puts it in its place, or leaves
everything as it was. For Windows PowerShell 5.1 and PowerShell 7.

  irm URL-OF-THIS-FILE | iex
  powershell -ExecutionPolicy Bypass -File install.ps1 -Version 0.3.0

.PARAMETER Version
The version to install, such as 0.3.0, or "latest".

.PARAMETER Dir
Where to put the program; otherwise in %LOCALAPPDATA%\Programs\trop.

.PARAMETER Server
Where to download from instead of the project's releases; TROP_DOWNLOAD_SERVER does the same.

.PARAMETER Uninstall
Remove the program. Reservations are kept.

.PARAMETER Help
Print this.
#>
param(
  [string] $Version = '',
  [string] $Dir = '',
  [string] $Server = '',
  [switch] $Uninstall,
  [switch] $Help
)

# One block holds all of it: of a script that came only in part, nothing runs. Failures are thrown,
# for "exit" would close the window that "irm | iex" was typed into.
& {
  $ErrorActionPreference = 'Stop'
  # Windows PowerShell downloads many times slower while it shows how far it is.
  $ProgressPreference = 'SilentlyContinue'

  # A release fills these two in (scripts/installers.ts).
  $default_server=''
  $default_version='latest'

  $asset = 'trop-windows-x64.exe'

  function Get-Release {
    $address = @($Server, $env:TROP_DOWNLOAD_SERVER, $default_server) | Where-Object { $_ } | Select-Object -First 1
    if (-not $address) { throw 'no server to download from: name one with -Server URL' }
    if ($address -notmatch '^https?://[A-Za-z0-9\[][A-Za-z0-9._~:/@%+=\[\]-]*$') {
      throw "cannot use the server `"$address`": want an http or https URL"
    }
    $wanted = @($Version, $default_version) | Where-Object { $_ } | Select-Object -First 1
    $wanted = $wanted -replace '^v', ''
    if ($wanted -eq 'latest') { return "$($address.TrimEnd('/'))/latest/download" }
    if ($wanted -match '^[0-9][0-9A-Za-z.+-]*$') { return "$($address.TrimEnd('/'))/download/v$wanted" }
    throw "cannot use the version `"$wanted`": want one such as 0.3.0, or latest"
  }

  function Assert-Machine {
    if ($env:OS -ne 'Windows_NT') { throw 'this is the installer for Windows: on Linux and macOS, use install.sh' }
    # A 32-bit PowerShell finds the machine's own word in the second variable. Windows on ARM runs
    # programs for x64.
    $machine = @($env:PROCESSOR_ARCHITEW6432, $env:PROCESSOR_ARCHITECTURE) | Where-Object { $_ } | Select-Object -First 1
    if (@('AMD64', 'ARM64') -notcontains $machine) { throw "there is no build of trop for Windows on $machine" }
  }

  function Save-File([string] $Name, [string] $Release, [string] $Staging) {
    try {
      Invoke-WebRequest -UseBasicParsing -Uri "$Release/$Name" -OutFile (Join-Path $Staging $Name)
    } catch {
      throw "cannot download $Release/${Name}: $($_.Exception.Message)"
    }
  }

  function Get-ListedChecksum([string] $Staging) {
    foreach ($line in Get-Content -LiteralPath (Join-Path $Staging 'SHA256SUMS')) {
      if ($line -match '^([0-9a-f]{64}) [ *](.+)$' -and $Matches[2] -eq $asset) { return $Matches[1] }
    }
    return ''
  }

  function Install-Trop([string] $Target) {
    Assert-Machine
    $release = Get-Release
    if ($PSVersionTable.PSVersion.Major -lt 6) {
      [Net.ServicePointManager]::SecurityProtocol =
        [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    }
    # On the same drive as the program's place, where no directory has to be made for it first.
    $parent = Split-Path -Parent $Target
    while (-not (Test-Path -LiteralPath $parent -PathType Container)) { $parent = Split-Path -Parent $parent }
    $staging = Join-Path $parent ".trop-install.$([guid]::NewGuid())"
    $null = New-Item -ItemType Directory -Path $staging
    try {
      Save-File 'SHA256SUMS' $release $staging
      $listed = Get-ListedChecksum $staging
      if (-not $listed) { throw "cannot verify ${asset}: $release/SHA256SUMS has no checksum of it" }
      Save-File $asset $release $staging
      $file = Join-Path $staging $asset
      $found = (Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash.ToLowerInvariant()
      if ($found -ne $listed) {
        throw "refused $release/${asset}: its SHA-256 is $found, and the release lists $listed"
      }
      $answer = [string] (& $file --version)
      if ($LASTEXITCODE -ne 0) { throw "trop does not run on this machine, exit code $LASTEXITCODE" }
      if ($answer -notmatch '^trop [0-9]') { throw "what $release calls $asset is not trop" }
      # Everything is here and sound; from now on things are put in their places.
      $null = New-Item -ItemType Directory -Force -Path (Split-Path -Parent $Target)
      Move-Replacing $file $Target
      Write-Output "Installed ${answer}: $Target"
      Write-Path (Split-Path -Parent $Target)
    } finally {
      Remove-Item -LiteralPath $staging -Recurse -Force -ErrorAction SilentlyContinue
    }
  }

  # A program that runs cannot be overwritten or removed on Windows, but it can be renamed.
  function Move-Replacing([string] $From, [string] $To) {
    $old = "$To.old"
    if (Test-Path -LiteralPath $To) { Move-Item -Force -LiteralPath $To -Destination $old }
    try {
      Move-Item -LiteralPath $From -Destination $To
    } catch {
      if (Test-Path -LiteralPath $old) { Move-Item -LiteralPath $old -Destination $To }
      throw
    }
    Remove-Item -LiteralPath $old -Force -ErrorAction SilentlyContinue
  }

  function Write-Path([string] $Directory) {
    if (($env:Path -split ';') -contains $Directory) { return }
    Write-Output "$Directory is not on your PATH. For this window:"
    Write-Output "  `$env:Path = '$Directory;' + `$env:Path"
    Write-Output 'For good: Settings, System, About, Advanced system settings, Environment Variables.'
  }

  function Uninstall-Trop([string] $Target) {
    if (-not (Test-Path -LiteralPath $Target -PathType Leaf)) {
      Write-Output "Nothing to remove in $(Split-Path -Parent $Target); -Dir names another directory"
      return
    }
    Remove-Item -LiteralPath $Target -Force
    Write-Output "Removed $Target"
    Write-Output "Reservations are kept: $(Join-Path $HOME '.trop')"
  }

  function Write-Usage {
    Write-Output 'Install trop for the present user.'
    Write-Output ''
    Write-Output 'Usage: install.ps1 [-Version VERSION] [-Dir DIRECTORY] [-Server URL] [-Uninstall] [-Help]'
  }

  $directory = $Dir
  if (-not $directory) { $directory = Join-Path $env:LOCALAPPDATA 'Programs\trop' }
  # Of a relative path too; it need not exist.
  $directory = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($directory)
  $program = Join-Path $directory 'trop.exe'
  if ($Help) { Write-Usage } elseif ($Uninstall) { Uninstall-Trop $program } else { Install-Trop $program }
}
