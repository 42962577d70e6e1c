import{B as e,C as t,D as n,E as r,F as i,G as a,H as o,J as s,K as c,N as l,O as u,P as d,R as f,S as p,T as m,U as h,V as g,X as _,Y as v,_ as y,_t as b,at as x,b as S,d as C,et as w,f as ee,h as te,it as ne,k as re,l as ie,nt as ae,q as oe,rt as T,t as se,u as ce,v as le,vt as E,w as D,x as O,y as k,yt as A,z as ue}from"./index.js";var de=/^[=+\-@\t\r]/,fe=/[",\r\n]|^\s|\s$/,pe=[`run`,`layer`,`user`,`step`,`head`,`query_position`,`query`,`key_position`,`key`,`attention`,`error_bound`];function me(e,t){let n=[e.join(`,`)];for(let e of t)n.push(e.map(ge).join(`,`));return`\ufeff${n.join(`\r
`)}\r\n`}function*he(e){let{attention:t,head:n}=e,r=[e.run,e.layer,e.user,t.step,e.headName],{tiles:i,queries:a,keys:o,queryOffset:s,keyOffset:c}=t,l=e=>i?i.queryOffset+v(e,a,i.queries).first:s+e,u=e=>i?i.keyOffset+v(e,o,i.keys).first:c+e;for(let i=0;i<t.queries;i+=1)for(let a=0;a<t.keys;a+=1){let o=ne(t,n,i,a);o&&!Number.isNaN(o.value)&&(yield[...r,l(i),e.queryNames[i]??``,u(a),e.keyNames[a]??``,o.value,t.derived?null:o.error])}}function ge(e){if(e===null)return``;if(typeof e==`number`)return Number.isFinite(e)?`${e}`:``;let t=de.test(e)?`'${e}`:e;return fe.test(t)||t!==e?`"${t.replaceAll(`"`,`""`)}"`:t}var _e=.57,ve=.68,ye=1;function be(e){return(e.codePointAt(0)??0)>=4352?ye:/[A-Z%&@mw]/.test(e)?ve:_e}function j(e,t){let n=0;for(let t of e)n+=be(t);return n*t}function M(e,t,n){if(j(e,t)<=n)return e;let r=``;for(let i of e){if(j(`${r}${i}…`,t)>n)break;r+=i}return`${r.trimEnd()}…`}function xe(e,t,n){let r=e.match(/[\u1100-\uffff]|[^\s\u1100-\uffff]+\s*|\s+/gu)??[],i=[],a=``;for(let e of r)a&&j((a+e).trimEnd(),t)>n&&(i.push(a.trimEnd()),a=``),a+=e;return a?[...i,a.trimEnd()]:i}var N=20,P=16,Se=460,F=10,I=12,Ce=16,we=16,Te=150,Ee=96,De=74,L={width:240,height:10};function Oe(e,t=ke(e)){let n=new Ae,r={...Ne(e,t)},i=Math.max(Se,r.width)+40;n.line(e.title,Ce,i,!0);for(let t of e.lines)n.line(t,I,i);n.line(e.axes,11,i),n.y+=P/2;for(let r=0;r<e.panels.length;r+=e.perRow)Pe(n,e.panels.slice(r,r+e.perRow),t);for(let t of e.legends)Ie(n,t,i);for(let t of e.notes)n.line(t,11,i);return{width:i,height:Math.ceil(n.y+N),title:e.title,marks:n.marks}}function ke({panels:e,perRow:t},n=760){let r=Math.max(1,...e.map(({pixels:e})=>Math.max(e.width,e.height))),i=Math.min(t,Math.max(1,e.length));return Math.max(1,Math.min(28,Math.floor(n/i/r)))}var Ae=class{marks=[];y=N;line(e,t,n,r=!1){for(let i of xe(e,t,n-40))this.text(i,N,this.y+t,t,`start`,0,r),this.y+=Math.max(we,t+6)}text(e,t,n,r,i,a=0,o=!1){this.marks.push({kind:`text`,x:t,y:n,text:e,size:r,anchor:i,angle:a,bold:o})}};function je({title:e,pixels:t,rows:n,columns:r},i){let a=n?Math.min(Te,Me(n)+10):0,o=r?Math.min(Ee,.79*Me(r)+14):0,s=Math.ceil((e?20:0)+o),c=t.width*i+(r?De:0);return{left:a,top:s,width:a+Math.max(c,Math.min(160,j(e,I))),height:s+t.height*i}}function Me(e){return Math.ceil(Math.max(0,...e.map(e=>j(e,F))))}function Ne({panels:e,perRow:t},n){let r=0;for(let i=0;i<e.length;i+=t){let a=e.slice(i,i+t).map(e=>je(e,n).width+P);r=Math.max(r,a.reduce((e,t)=>e+t,-16))}return{width:r}}function Pe(e,t,n){let r=N,i=t.map(e=>je(e,n));t.forEach((t,a)=>{let o=i[a];Fe(e,t,r,n,o),r+=o.width+P}),e.y+=Math.max(...i.map(({height:e})=>e))+P}function Fe(e,t,n,r,i){let{pixels:a,rows:o,columns:s,title:c}=t,[l,u]=[n+i.left,e.y+i.top],[d,f]=[a.width*r,a.height*r];c&&e.text(M(c,I,i.width),n,e.y+I,I,`start`,0,!0),e.marks.push({kind:`picture`,x:l,y:u,width:d,height:f,pixels:a});let p=Math.max(1,Math.ceil(12/r)),m=e=>e.flatMap((t,n)=>(e.length-1-n)%p==0?[n]:[]);for(let t of o?m(o):[]){let n=M(o?.[t]??``,F,140);e.text(n,l-6,u+(t+.5)*r+F*.35,F,`end`)}for(let t of s?m(s):[]){let n=M(s?.[t]??``,F,82/.79);e.text(n,l+(t+.5)*r+F*.3,u-5,F,`start`,-52)}}function Ie(e,{title:t,bar:n,ticks:r,note:i},a){e.line(t,I,a);let o={x:28,y:e.y+2,width:L.width,height:L.height};e.marks.push({kind:`picture`,...o,pixels:n});for(let[t,n]of r)e.text(n,o.x+t*L.width,o.y+L.height+F+2,F,`middle`);e.y+=L.height+we+6,e.line(i,11,a)}var R=[147,78,85,77,80,89,1,0],Le=64;function z(e,t){let n=t.reduce((e,t)=>e*t,1);if(n!==e.length)throw RangeError(`${e.length} values are no ${t}`);let r=`{'descr': '<f4', 'fortran_order': False, 'shape': (${t.length===1?`${t[0]},`:t.join(`, `)}), }`,i=R.length+2,a=Math.ceil((i+r.length+1)/Le)*Le,o=new Uint8Array(a+4*n);o.set(R);let s=new DataView(o.buffer);return s.setUint16(R.length,a-i,!0),o.set(new TextEncoder().encode(`${r.padEnd(a-i-1)}\n`),i),e.forEach((e,t)=>s.setFloat32(a+4*t,e,!0)),o}function Re(e,t){let{queries:n,keys:r}=e,i=new Float32Array(t.length*n*r),a=0;for(let o of t)for(let t=0;t<n;t+=1)for(let n=0;n<r;n+=1,a+=1)i[a]=ne(e,o,t,n)?.value??NaN;return i}function ze(e){let t=Math.max(0,...e.map(e=>e.queries)),n=Math.max(0,...e.map(e=>e.keys)),r=new Float32Array(e.length*t*n).fill(NaN);return e.forEach((e,i)=>{for(let a=0;a<e.queries;a+=1){let o=(i*t+t-e.queries+a)*n+n-e.keys;r.set(e.values.subarray(a*e.keys,(a+1)*e.keys),o)}}),{values:r,shape:[e.length,t,n]}}var Be=`#ffffff`,Ve=`#202124`,B=[`#f4f4f4`,`#c4c4c4`],He=`system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`,Ue=67108864;async function We(e,t=2){let n=Math.sqrt(Ue/(e.width*e.height));return Xe(Ke(e,Math.min(t,n)))}async function Ge(e){let t=document.createElement(`canvas`);return n(t,e),t.toDataURL(`image/png`)}function Ke(e,t,n=!1){let r=document.createElement(`canvas`);r.width=Math.round(e.width*t),r.height=Math.round(e.height*t);let i=V(r,n);i.scale(t,t),i.fillStyle=Be,i.fillRect(0,0,e.width,e.height),i.imageSmoothingEnabled=!1;for(let t of e.marks)qe(i,t);return r}function V(e,t=!1){let n=e.getContext(`2d`,{willReadFrequently:t});if(!n)throw Error(`this browser gives no 2D canvas`);return n}function qe(e,t){if(t.kind===`text`){Je(e,t);return}let r=document.createElement(`canvas`);n(r,t.pixels);let{x:i,y:a,width:o,height:s}=t;e.fillStyle=Ye(e),e.fillRect(i,a,o,s),r.width>0&&r.height>0&&e.drawImage(r,i,a,o,s)}function Je(e,t){e.save(),e.translate(t.x,t.y),e.rotate(t.angle*Math.PI/180),e.font=`${t.bold?600:400} ${t.size}px ${He}`,e.fillStyle=Ve,e.textAlign=t.anchor===`middle`?`center`:t.anchor,e.fillText(t.text,0,0),e.restore()}function Ye(e){let t=document.createElement(`canvas`);t.width=6,t.height=6;let n=V(t);return n.fillStyle=B[0],n.fillRect(0,0,6,6),n.strokeStyle=B[1],n.beginPath(),n.moveTo(-1,7),n.lineTo(7,-1),n.stroke(),e.createPattern(t,`repeat`)??B[0]}function Xe(e){return new Promise((t,n)=>{e.toBlob(e=>{e?t(e):n(Error(`the picture is too large for this browser`))},`image/png`)})}var Ze={"&":`&amp;`,"<":`&lt;`,">":`&gt;`,'"':`&quot;`,"'":`&#39;`},Qe=/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;function H(e){return e.replace(Qe,`�`).replace(/[&<>"']/g,e=>Ze[e]??e)}function $e(e){return JSON.stringify(e).replace(/[<>&\u2028\u2029]/g,e=>`\\u${e.charCodeAt(0).toString(16).padStart(4,`0`)}`)}var et=`system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,sans-serif`,tt=`<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#f4f4f4"/><path d="M-1 7 7 -1" stroke="#c4c4c4"/></pattern>`;async function nt({width:e,height:t,title:n,marks:r},i){let a=await Promise.all(r.map(e=>e.kind===`text`?rt(e):it(e,i)));return[`<svg xmlns="http://www.w3.org/2000/svg" width="${e}" height="${t}" viewBox="0 0 ${e} ${t}" role="img">`,`<title>${H(n)}</title><defs>${tt}</defs>`,`<rect width="${e}" height="${t}" fill="#fff"/>`,`<g font-family="${et}" fill="#202124">`,...a,`</g></svg>
`].join(`
`)}function rt({x:e,y:t,text:n,size:r,anchor:i,angle:a,bold:o}){let s=a===0?``:` transform="rotate(${a} ${U(e)} ${U(t)})"`,c=o?` font-weight="600"`:``;return`<text ${`x="${U(e)}" y="${U(t)}" font-size="${r}"`} text-anchor="${i}"${c}${s}>${H(n)}</text>`}async function it({x:e,y:t,width:n,height:r,pixels:i},a){let o=`x="${U(e)}" y="${U(t)}" width="${n}" height="${r}"`,s=`<rect ${o} fill="url(#hatch)"/>`;if(i.width*i.height>1e4)return`${s}${`<image ${o} preserveAspectRatio="none" style="image-rendering:pixelated"`} href="${await a(i)}"/>`;let c=`${U(n/i.width)} ${U(r/i.height)}`;return`${s}<g transform="${`translate(${U(e)} ${U(t)}) scale(${c})`}" shape-rendering="crispEdges">${at(i)}</g>`}function at({width:e,height:t,rgba:n}){let r=new Uint32Array(n.buffer,n.byteOffset,e*t),i=new Map;for(let a=0;a<t;a+=1)for(let t=0;t<e;){let o=a*e+t,s=r[o],c=t+1;for(;c<e&&r[a*e+c]===s;)c+=1;let l=i.get(s)??{fill:ot(n,o),path:``};l.path+=`M${t} ${a}h${c-t}v1H${t}z`,n[4*o+3]!==0&&i.set(s,l),t=c}return[...i.values()].map(({fill:e,path:t})=>`<path fill="${e}" d="${t}"/>`).join(``)}function ot(e,t){return`#${[...e.subarray(4*t,4*t+3)].map(e=>e.toString(16).padStart(2,`0`)).join(``)}`}function U(e){return Math.round(100*e)/100}function st({table:e,scale:t},n,r,i){let a=re(e),o=new Uint8ClampedArray(1024);new Uint32Array(o.buffer).set(a);let l=c(t).map(e=>[s(e,t),i(e)]);return{title:n,bar:{width:256,height:1,rgba:o},ticks:l,note:r}}function ct(e,t){let{queries:n,keys:r,layout:i,encoding:a,codes:o}=e,s=ae(n,r,i),c=0;for(let e=t*s;e<(t+1)*s;e+=1)c=Math.max(c,T(o[e]??0,a));return c}function W(e,t,n){return e.isMean(t)?A().derived.pictures.cohort:r(n)}function lt(e,t,n){let r=(r,i)=>{if(n.derived&&t.name!==`attn:rollout`)return p(t,n,r);let a=e.run?.name??``;return m(e,a,e.user,i,g(n,r))};return{queries:r(`query`,t.query_axis),keys:r(`key`,t.key_axis)}}function ut(e,t){let{selection:n}=e,r=n.view===`heads`?e.layers:[e.layer];return(t?[t]:r).flatMap(t=>{let r=t&&e.picturedFrame(t);if(!t||r?.kind!==`ready`)return[];let i=Array.from({length:r.attention.heads},(e,t)=>t);return(n.view===`heads`?i:[n.head]).map(e=>({layer:t,head:e,attention:r.attention}))})}function dt(e){if(e.selection.view===`compare`)return ht(e);if(e.selection.view===`evolution`)return yt(e);let{layer:t,user:n}=e;return t&&n&&ft(e,ut(e),W(e,t,n))}function ft(e,t,n){let[r]=t;if(!r)return null;let{display:i}=e,a=t.length===1,o=new Set(t.map(({layer:e})=>O(e))),s=t.map(({layer:t,head:n,attention:r})=>{let s=a?lt(e,t,r):null,c=k(t,n);return{title:a?``:o.size>1?`${O(t)}: ${c}`:c,pixels:u(r,n,i.paletteOf(r)),rows:s?.queries??null,columns:s?.keys??null}}),c=a?k(r.layer,r.head):``;return{...bt(e,n,[[...o].join(`, `),c],r.attention.step),axes:A().exports.axes,panels:s,perRow:o.size>1?Math.max(...e.layers.map(e=>e.head_count)):4,legends:xt(t.map(({attention:e})=>i.paletteOf(e))),notes:[...pt(t),A().exports.hatched,A().exports.caution]}}function pt(e){let t=e.filter(({attention:e})=>!e.derived),n=e.flatMap(({layer:e,attention:t})=>[D(t),...mt(e,t)]),r=t.map(({attention:e,head:t})=>ct(e,t));return[...[...new Set(n)].filter(Boolean),...r.length>0?[q(Math.max(...r))]:[]]}function mt(e,{derived:t}){let n=A();if(e.name===`attn:rollout`)return[n.derived.rolloutNote];if(!t)return[];let r=o(e.query_axis)?n.derived.mean:n.derived.meanLast,i=e=>d(e,E());return[r(i(t.users),i(t.of)),n.derived.aboutTitle]}function ht(t){return gt(t,t.compare.panels.map(n=>e(t,n)))}function gt(e,t){let{display:n}=e,r=t.map(({picture:e})=>e?.kind===`ready`?e.attention:null),i=t.flatMap((e,t)=>{let i=r[t];return i?[{title:`${te(t)}: ${vt(e)}`,pixels:u(i,e.head,n.paletteOf(i)),rows:null,columns:null}]:[]});if(i.length===0)return null;let a=A(),o=_t(t);if(o){let e=u(o,0,n.signedPaletteOf(o));i.push({title:a.compare.minus(`A`,`B`),pixels:e,rows:null,columns:null})}let s=r.filter(e=>e!==null),c=r.map((e,n)=>e?ct(e,t[n]?.head??0):0),l=o?[K(n.signedPaletteOf(o))]:[];return{title:`${a.title}: ${a.views.compare}`,lines:t.map((e,t)=>`${te(t)}: ${vt(e)}`),axes:a.exports.axes,panels:i,perRow:3,legends:[...xt(s.map(e=>n.paletteOf(e))),...l],notes:[...new Set(s.map(D).filter(Boolean)),q(Math.max(...c)),a.exports.hatched,a.exports.caution]}}function _t([e,t,n]){if(e?.picture?.kind!==`ready`||t?.picture?.kind!==`ready`||n)return null;let r=l(e,t);return!r||r.common.kind===`nothing`?null:ue({attention:e.picture.attention,head:e.head},{attention:t.picture.attention,head:t.head})}function vt({run:e,layer:t,user:n,head:i,step:a}){if(!e||!t||!n)return`–`;let o=a===null?`–`:d(a,E());return[e.display_name,O(t),k(t,i),r(n),A().heatmap.step(o)].join(`, `)}function G(e){let{evolution:t,layer:n,run:r,user:i}=e,a=t.loaded.filter(e=>t.row(e)?.kind===`ready`);if(!n||a.length===0)return null;let o=ie(e,n),s=m(e,r?.name??``,i,n.key_axis,o),c=o.newestFirst?s.reverse():s,l=a.map(t=>c.map((n,r)=>ce(e,o,t,r)));return{names:c,positions:c.map((e,t)=>C(o,t)),steps:a,columns:l}}function yt(e){let t=G(e),{layer:n,user:i,display:a,selection:s}=e;if(!t||!n||!i)return null;let c=ee(t.columns,t.names.length,a.palette),l=A(),u=t.steps.map(e=>d(e,E()));return{...bt(e,r(i),[O(n),k(n,s.head)],null),axes:o(n.key_axis)?l.evolution.axis:l.evolution.axisOf(le(n.key_axis)),panels:[{title:``,pixels:c,rows:t.names,columns:u}],perRow:1,legends:[K(a.palette)],notes:[l.exports.caution]}}function bt({run:e,columns:t},n,r,a){let o=A(),s=a===null?null:t?.epochs[t.steps.indexOf(a)],c=[a===null?``:o.heatmap.step(d(a,E())),s==null?``:o.timeline.epoch(i(s,2,E()))];return{title:[o.title,...r].filter(Boolean).join(` · `),lines:[[e?.display_name??``,n].join(` · `),c.filter(Boolean).join(`, `)].filter(Boolean)}}function xt(e){return[...new Set(e)].map(K)}function K(e){let t=A(),{scale:n}=e,r=e=>f(e,E()),i=(n.signed?t.heatmap.legendSignedNote:t.heatmap.legendNote)(t.tools.scales[n.kind],r(n.top));return st(e,n.signed?t.heatmap.legendSigned:t.heatmap.legend,i,r)}function q(e){return A().exports.bound(i(e,e<5e-5?6:4,E()))}var J=(...e)=>new Uint32Array(Uint8Array.from(e).buffer)[0],St=J(255,255,255,255),Ct=J(32,33,36,255),wt=J(222,222,222,255),Tt=150,Y=16;function Et(e){let t=Ke({...e,marks:e.marks.filter(({kind:e})=>e===`text`)},1,!0),{data:n}=V(t).getImageData(0,0,t.width,t.height),r=new Uint32Array(n.buffer);Dt(r,n);for(let n of e.marks)n.kind===`picture`&&Ot(r,t.width,n);return n}function Dt(e,t){for(let n=0;n<e.length;n+=1)e[n]=t[4*n+1]<Tt?Ct:St}function Ot(e,t,n){let{rgba:r,width:i,height:a}=n.pixels,o=new Uint32Array(r.buffer,r.byteOffset,i*a),s=a===1&&i===256,[c,l]=[Math.round(n.x),Math.round(n.y)];for(let u=0;u<n.height;u+=1){let d=Math.floor(u*a/n.height);for(let a=0;a<n.width;a+=1){let f=Math.floor(a*i/n.width),p=d*i+(s?kt(f):f);e[(l+u)*t+c+a]=r[4*p+3]===0?wt:o[p]}}}function kt(e){return Math.floor(e/Y)*Y+Y/2}function At(e,t,n){if(t.width===n.width&&t.height===n.height)return e;let r=new Uint8ClampedArray(n.width*n.height*4).fill(255),i=4*Math.min(t.width,n.width);for(let a=0;a<Math.min(t.height,n.height);a+=1)r.set(e.subarray(4*a*t.width,4*a*t.width+i),4*a*n.width);return r}var jt={signature:`GIF`,version:`89a`,trailer:59,extensionIntroducer:33,applicationExtensionLabel:255,graphicControlExtensionLabel:249,imageSeparator:44,signatureSize:3,versionSize:3,globalColorTableFlagMask:128,colorResolutionMask:112,sortFlagMask:8,globalColorTableSizeMask:7,applicationIdentifierSize:8,applicationAuthCodeSize:3,disposalMethodMask:28,userInputFlagMask:2,transparentColorFlagMask:1,localColorTableFlagMask:128,interlaceFlagMask:64,idSortFlagMask:32,localColorTableSizeMask:7};function Mt(e=256){let t=0,n=new Uint8Array(e);return{get buffer(){return n.buffer},reset(){t=0},bytesView(){return n.subarray(0,t)},bytes(){return n.slice(0,t)},writeByte(e){r(t+1),n[t]=e,t++},writeBytes(e,i=0,a=e.length){r(t+a);for(let r=0;r<a;r++)n[t++]=e[r+i]},writeBytesView(e,i=0,a=e.byteLength){r(t+a),n.set(e.subarray(i,i+a),t),t+=a}};function r(e){var r=n.length;if(r>=e)return;e=Math.max(e,r*(r<1048576?2:1.125)>>>0),r!=0&&(e=Math.max(e,256));let i=n;n=new Uint8Array(e),t>0&&n.set(i.subarray(0,t),0)}}var X=12,Nt=5003,Pt=[0,1,3,7,15,31,63,127,255,511,1023,2047,4095,8191,16383,32767,65535];function Ft(e,t,n,r,i=Mt(512),a=new Uint8Array(256),o=new Int32Array(Nt),s=new Int32Array(Nt)){let c=o.length,l=Math.max(2,r);a.fill(0),s.fill(0),o.fill(-1);let u=0,d=0,f=l+1,p=f,m=!1,h=p,g=(1<<h)-1,_=1<<f-1,v=_+1,y=_+2,b=0,x=n[0],S=0;for(let e=c;e<65536;e*=2)++S;S=8-S,i.writeByte(l),w(_);let C=n.length;for(let e=1;e<C;e++)t:{let t=n[e],r=(t<<X)+x,i=t<<S^x;if(o[i]===r){x=s[i];break t}let a=i===0?1:c-i;for(;o[i]>=0;)if(i-=a,i<0&&(i+=c),o[i]===r){x=s[i];break t}w(x),x=t,y<1<<X?(s[i]=y++,o[i]=r):(o.fill(-1),y=_+2,m=!0,w(_))}return w(x),w(v),i.writeByte(0),i.bytesView();function w(e){for(u&=Pt[d],d>0?u|=e<<d:u=e,d+=h;d>=8;)a[b++]=u&255,b>=254&&(i.writeByte(b),i.writeBytesView(a,0,b),b=0),u>>=8,d-=8;if((y>g||m)&&(m?(h=p,g=(1<<h)-1,m=!1):(++h,g=h===X?1<<h:(1<<h)-1)),e==v){for(;d>0;)a[b++]=u&255,b>=254&&(i.writeByte(b),i.writeBytesView(a,0,b),b=0),u>>=8,d-=8;b>0&&(i.writeByte(b),i.writeBytesView(a,0,b),b=0)}}}var It=Ft;function Lt(e={}){let{initialCapacity:t=4096,auto:n=!0}=e,r=Mt(t),i=5003,a=new Uint8Array(256),o=new Int32Array(i),s=new Int32Array(i),c=!1;return{reset(){r.reset(),c=!1},finish(){r.writeByte(jt.trailer)},bytes(){return r.bytes()},bytesView(){return r.bytesView()},get buffer(){return r.buffer},get stream(){return r},writeHeader:l,writeFrame(e,t,i,u={}){let{transparent:d=!1,transparentIndex:f=0,delay:p=0,palette:m=null,repeat:h=0,colorDepth:g=8,dispose:_=-1}=u,v=!1;if(n?c||=(v=!0,l(),!0):v=!!u.first,t=Math.max(0,Math.floor(t)),i=Math.max(0,Math.floor(i)),v){if(!m)throw Error(`First frame must include a { palette } option`);zt(r,t,i,m,g),Vt(r,m),h>=0&&Bt(r,h)}let y=Math.round(p/10);Rt(r,_,y,d,f);let b=!!m&&!v;Ht(r,t,i,b?m:null),b&&Vt(r,m),Ut(r,e,t,i,g,a,o,s)}};function l(){Wt(r,`GIF89a`)}}function Rt(e,t,n,r,i){e.writeByte(33),e.writeByte(249),e.writeByte(4),i<0&&(i=0,r=!1);var a,o;r?(a=1,o=2):(a=0,o=0),t>=0&&(o=t&7),o<<=2,e.writeByte(o|0|a),Z(e,n),e.writeByte(i||0),e.writeByte(0)}function zt(e,t,n,r,i=8){let a=Q(r.length)-1,o=i-1<<4|128|a;Z(e,t),Z(e,n),e.writeBytes([o,0,0])}function Bt(e,t){e.writeByte(33),e.writeByte(255),e.writeByte(11),Wt(e,`NETSCAPE2.0`),e.writeByte(3),e.writeByte(1),Z(e,t),e.writeByte(0)}function Vt(e,t){let n=1<<Q(t.length);for(let r=0;r<n;r++){let n=[0,0,0];r<t.length&&(n=t[r]),e.writeByte(n[0]),e.writeByte(n[1]),e.writeByte(n[2])}}function Ht(e,t,n,r){if(e.writeByte(44),Z(e,0),Z(e,0),Z(e,t),Z(e,n),r){let t=Q(r.length)-1;e.writeByte(128|t)}else e.writeByte(0)}function Ut(e,t,n,r,i=8,a,o,s){It(n,r,t,i,e,a,o,s)}function Z(e,t){e.writeByte(t&255),e.writeByte(t>>8&255)}function Wt(e,t){for(var n=0;n<t.length;n++)e.writeByte(t.charCodeAt(n))}function Q(e){return Math.max(Math.ceil(Math.log2(e)),1)}var Gt=256,Kt=20,qt=class{width;height;delayMs;encoder=Lt();constructor(e,t,n){this.width=e,this.height=t,this.delayMs=n}add(e){let{indices:t,colours:n}=Jt(e),r=Math.max(Kt,this.delayMs);this.encoder.writeFrame(t,this.width,this.height,{palette:n,delay:r})}finish(){return this.encoder.finish(),this.encoder.bytes()}};function Jt(e){let t=new Uint32Array(e.buffer,e.byteOffset,e.length/4),n=Yt(t).sort((e,t)=>t.count-e.count),r=({at:t})=>[...e.subarray(4*t,4*t+3)],i=n.slice(0,Gt).map(r),a=new Map(n.map((e,n)=>[t[e.at],n<Gt?n:Xt(i,r(e))])),o=new Uint8Array(t.length),[s,c]=[-1,0];for(let e=0;e<t.length;e+=1){let n=t[e];n!==s&&([s,c]=[n,a.get(n)]),o[e]=c}return{indices:o,colours:i}}function Yt(e){let t=new Map,n;for(let r=0;r<e.length;r+=1)(r===0||e[r]!==e[r-1])&&(n=t.get(e[r])??{at:r,count:0},t.set(e[r],n)),n&&(n.count+=1);return[...t.values()]}function Xt(e,t){let[n,r]=[0,1/0];return e.forEach((e,i)=>{let a=e.reduce((e,n,r)=>e+(n-(t[r]??0))**2,0);a<r&&([n,r]=[i,a])}),n}var Zt=32;function Qt(e){return h(e.length,599)}async function*$t(e,{run:t,layer:n,user:r},i,{signal:a,report:o}){let s=Zt;for(let c=0;c<i.length;){let l=i.slice(c,c+s),u;try{u=await e.frames(t,n,r,l.join(`,`),a)}catch(e){if(a.aborted||w(e).kind!==`too_large`||s===1)throw e;s=Math.ceil(s/2);continue}let d=new Map(u.map(e=>[e.step,e]));for(let e of l){let t=d.get(e);c+=1,t&&(yield t),o(c,i.length)}a.throwIfAborted()}}function en(){return new Promise(e=>setTimeout(e,0))}var tn=`/* Plays the frames inlined above. Text is only ever put on the page as text nodes. */
'use strict';
(() => {
  const story = JSON.parse(document.getElementById('story').textContent);
  const { words, frames, lists, levels, colours, heads } = story;
  const STEP_MS = 125;
  let [at, head, timer] = [frames.length - 1, 0, 0];

  const make = (name, text = '', parent = document.body, more = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    Object.assign(element, more);
    parent.append(element);
    return element;
  };
  const number = (value, digits) =>
    value.toLocaleString(story.language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });

  make('h1', story.title);
  const about = make('dl');
  for (const [what, value] of story.about) {
    make('dt', what, about);
    make('dd', value, about);
  }
  make('p', words.caution, document.body, { className: 'caution' });
  const bar = make('div', '', document.body, { className: 'bar' });
  const play = make('button', words.play, bar, { type: 'button' });
  const slider = make('input', '', bar, { type: 'range', min: 0, max: frames.length - 1 });
  slider.setAttribute('aria-label', words.step);
  const where = make('output', '', bar);
  const label = make('label', \`\${words.head} \`, bar);
  const choice = make('select', '', label);
  heads.forEach((name, i) => make('option', name, choice, { value: i }));
  const body = make('div', '', document.body, { className: 'body' });
  const picture = make('figure', '', body);
  const canvas = make('canvas', '', picture);
  canvas.setAttribute('role', 'img');
  const caption = make('figcaption', '', picture);
  for (const text of [words.scale, words.bound]) make('div', text, picture, { className: 'soft' });
  const history = make('section', '', body);
  make('h2', words.history, history);
  const items = make('ol', '', history);
  const list = make('section', '', body);
  make('h2', words.recommendations, list);
  const ranks = make('p', '', list);
  const entries = make('ol', '', list);

  const decoded = new Map();
  function codesOf(frame) {
    if (!decoded.has(frame.step)) {
      if (decoded.size > 64) decoded.clear();
      const text = atob(frame.codes);
      decoded.set(
        frame.step,
        Uint8Array.from(text, (sign) => sign.charCodeAt(0)),
      );
    }
    return decoded.get(frame.step);
  }
  /** The code of a cell, or -1 where it is not applicable. */
  function codeAt(frame, query, key) {
    const { queries, keys, triangle } = frame;
    if (triangle && key > query) return -1;
    const cells = triangle ? (queries * (queries + 1)) / 2 : queries * keys;
    const row = triangle ? (query * (query + 1)) / 2 : query * keys;
    return codesOf(frame)[head * cells + row + key];
  }
  const titleAt = (titles, index) => titles[index] ?? \`#\${index + 1}\`;

  function draw() {
    const frame = frames[at];
    slider.value = at;
    const epoch = frame.epoch == null ? '' : \` (\${number(frame.epoch, 2)})\`;
    where.textContent = \`\${words.step} \${frame.step}\${epoch}, \${at + 1} / \${frames.length}\`;
    caption.textContent = frame.codes ? words.cell : \`\${words.none} \${frame.reason}\`;
    canvas.hidden = !frame.codes;
    canvas.setAttribute('aria-label', \`\${words.picture} \${where.textContent}\`);
    items.replaceChildren();
    if (frame.codes) {
      paint(frame);
      listHistory(frame);
    }
    listItems(frame.step);
  }
  function paint(frame) {
    const { queries, keys } = frame;
    Object.assign(canvas, { width: keys, height: queries });
    const side = Math.max(1, Math.min(24, Math.floor(560 / Math.max(queries, keys))));
    canvas.style.width = \`\${keys * side}px\`;
    // A single row of many keys would be a hairline.
    canvas.style.height = \`\${Math.max(16, queries * side)}px\`;
    const context = canvas.getContext('2d');
    const image = context.createImageData(keys, queries);
    for (let query = 0; query < queries; query += 1) {
      for (let key = 0; key < keys; key += 1) {
        const code = codeAt(frame, query, key);
        if (code < 0) continue;
        const place = 4 * (query * keys + key);
        for (let i = 0; i < 3; i += 1) image.data[place + i] = colours[3 * levels[code] + i];
        image.data[place + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }
  function listHistory(frame) {
    const last = frame.queries - 1;
    const valueAt = (key) => (codeAt(frame, last, key) / 255) ** 2;
    const max = Math.max(...Array.from({ length: frame.keys }, (_, key) => valueAt(key))) || 1;
    for (let key = frame.keys - 1; key >= 0; key -= 1) {
      const value = valueAt(key);
      const line = make('li', '', items);
      make('span', titleAt(story.keyTitles, frame.keyOffset + key), line);
      make('meter', '', line, { min: 0, max, value });
      make('span', number(value, 4), line);
    }
  }
  function listItems(step) {
    const found = lists.filter((other) => other.step <= step).at(-1);
    entries.replaceChildren();
    ranks.textContent = '';
    if (!found) return;
    const target = story.target === null ? '' : \`: \${story.target}\`;
    if (found.targetRank !== null)
      ranks.textContent = \`\${words.target} \${found.targetRank}\${target}\`;
    for (const [title, score] of found.items) {
      const line = make('li', '', entries);
      make('span', title, line);
      make('span', number(score, 2), line);
    }
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = words.play;
  }
  play.onclick = () => {
    if (timer) {
      stop();
      return;
    }
    if (at === frames.length - 1) at = -1;
    play.textContent = words.pause;
    timer = setInterval(() => {
      at += 1;
      draw();
      if (at === frames.length - 1) stop();
    }, STEP_MS);
  };
  slider.oninput = () => {
    at = Number(slider.value);
    draw();
  };
  choice.onchange = () => {
    head = Number(choice.value);
    draw();
  };
  canvas.onpointermove = (event) => {
    const frame = frames[at];
    const box = canvas.getBoundingClientRect();
    const query = Math.floor(((event.clientY - box.top) / box.height) * frame.queries);
    const key = Math.floor(((event.clientX - box.left) / box.width) * frame.keys);
    const code = query < frame.queries && key < frame.keys ? codeAt(frame, query, key) : -1;
    const names = \`\${titleAt(story.queryTitles, frame.queryOffset + query)} ← \${titleAt(story.keyTitles, frame.keyOffset + key)}\`;
    caption.textContent = code < 0 ? words.cell : \`\${names}: \${number((code / 255) ** 2, 4)}\`;
  };
  draw();
})();
`,nn=`:root {
  color-scheme: light;
  font:
    14px/1.5 system-ui,
    -apple-system,
    'Segoe UI',
    Roboto,
    'Noto Sans',
    sans-serif;
  color: #202124;
}
body {
  max-width: 1200px;
  margin: 24px auto;
  padding: 0 20px;
}
h1 {
  font-size: 20px;
}
h2 {
  font-size: 15px;
}
dl {
  display: grid;
  grid-template-columns: max-content 1fr;
  gap: 2px 16px;
}
dt,
.soft {
  color: #5f6368;
}
dd {
  margin: 0;
}
.caution {
  border-left: 3px solid #b06000;
  padding-left: 10px;
}
.bar {
  display: flex;
  gap: 12px;
  align-items: center;
  position: sticky;
  top: 0;
  padding: 8px 0;
  background: #fff;
}
.bar input {
  flex: 1;
}
.body {
  display: flex;
  flex-wrap: wrap;
  gap: 32px;
}
.body section {
  flex: 1 1 260px;
  min-width: 0;
}
figure {
  min-width: 0;
  max-width: 100%;
  margin: 0;
  overflow-x: auto;
}
canvas {
  display: block;
  image-rendering: pixelated;
  background: repeating-linear-gradient(-45deg, #f4f4f4 0 4px, #c9c9c9 4px 5px);
}
canvas[hidden] {
  display: none;
}
ol {
  padding: 0;
  max-height: 560px;
  overflow: auto;
}
li {
  display: flex;
  gap: 8px;
  align-items: center;
}
li span:first-child {
  flex: 1;
  min-width: 0;
  overflow-wrap: anywhere;
}
meter {
  width: 80px;
}
`,rn=`sha256-4PoBOS7vKYDQibDkcbTazsVD37/nUhDDENs6f04T/7E=`,an=`sha256-qdguvRgzZgk1zEd7sRi7quBM2mdwZMyvNB0YHrstqTc=`;function on(e){let{palette:t,...n}=e,r=Array.from({length:256},(e,n)=>oe(x(n,`U8_SQRT`),t.scale)),i={...n,colours:[...a(t.table)],levels:r},o=`default-src 'none'; script-src '${rn}'; style-src '${an}'`;return[`<!doctype html>`,`<html lang="${H(e.language)}">`,`<head>`,`<meta charset="utf-8">`,`<meta http-equiv="Content-Security-Policy" content="${H(o)}">`,`<meta name="viewport" content="width=device-width">`,`<title>${H(e.title)}</title>`,`<style>${nn}</style>`,`</head>`,`<body>`,`<script type="application/json" id="story">${$e(i)}<\/script>`,`<script>${tn}<\/script>`,`</body>`,`</html>
`].join(`
`)}function sn(e,t,n){let{queries:r,keys:i,layout:a,encoding:o,codes:s}=e,c=ae(r,i,a),l=new Uint8Array(t.length*c),u=0;t.forEach((e,t)=>{for(let n=0;n<c;n+=1){let r=s[e*c+n]??0,i=o===`U8_SQRT`?r:Math.round(255*Math.sqrt(x(r,o)));l[t*c+n]=i;let a=o===`U8_SQRT`?0:T(r,o);u=Math.max(u,T(i,`U8_SQRT`)+a)}});let{step:d,queryOffset:f,keyOffset:p}=e;return{frame:{step:d,epoch:n,queries:r,keys:i,queryOffset:f,keyOffset:p,triangle:a===`LOWER_TRIANGLE`,codes:cn(l)},error:u}}function cn(e){let t=``;for(let n=0;n<e.length;n+=32768)t+=String.fromCharCode(...e.subarray(n,n+32768));return btoa(t)}async function*ln(t,{signal:n,report:r}){let{panels:i}=t.compare,a=un(i.map(n=>e(t,n))),o={signal:n,report:()=>void 0},s=i.map(e=>dn(t,e,a,o));for(let[o,c]of a.entries()){let l=await Promise.all(s.map(async e=>(await e.next()).value)),u=i.map((n,r)=>e(t,n,{cursor:c,frame:l[r]||void 0}));u.every(({picture:e})=>e?.kind===`ready`)&&(yield u),r(o+1,a.length),n.throwIfAborted()}}function un(e){let t=e.flatMap(({choice:e,columns:t})=>e.step===null?t?.steps??[]:[]),n=[...new Set(t)].sort((e,t)=>e-t);return h(n.length,599).indices.map(e=>n[e])}async function*dn(t,n,r,i){let{run:a,layer:o,user:s,columns:c}=e(t,n),l=c?.steps??[],u=r.map(e=>l[_(l,n.step??e)]),d=[...new Set(u)].filter(e=>e!==void 0),f={run:a?.name??``,layer:o?.name??``,user:s?.index??0},p=$t(t.client,f,d,i),m;for(let e of u){for(;e!==void 0&&(m?.step??-1)<e;){let e=await p.next();if(e.done)break;m=e.value}yield m?.step===e?m:void 0}}var fn=420,pn=760,mn=100;function hn(e){let{run:t,layer:n,user:r,columns:i}=e;return!t||!n||!r||!i||n.name===`attn:rollout`?null:{run:t,layer:n,user:r,steps:Qt(i.steps).indices.map(e=>i.steps[e])}}async function gn(e,t){let n=e.selection.view===`compare`,r=n?_n(e,t):vn(e,t),i=null;for await(let t of r){let r=Oe(t,ke(t,n?pn:fn)),{width:a,height:o}=r;i??=new qt(a,o,bn(e)),i.add(At(Et(r),{width:a,height:o},i)),await en()}return i&&new Blob([i.finish()],{type:`image/gif`})}async function*_n(e,t){for await(let n of ln(e,t)){let t=gt(e,n);t&&(yield t)}}async function*vn(e,t){let n=hn(e);if(!n)return;let r={run:n.run.name,layer:n.layer.name,user:n.user.index};for await(let i of $t(e.client,r,n.steps,t)){let t=e.pictureOf(i,n.layer);t?.kind===`ready`&&(yield yn(e,n.layer,t.attention))}}function yn(e,t,n){let i=e.selection.view===`heads`,a=Array.from({length:n.heads},(e,t)=>t),o=ft(e,(i?a:[e.selection.head]).map(e=>({layer:t,head:e,attention:n})),e.user?r(e.user):``);if(!o)throw Error(`no head is chosen`);return o}function bn({timeline:e}){return 1e3/(8*e.speed)}async function xn(e,t){let n=hn(e),i=e.layer&&e.frameOf(e.layer);if(!n)return null;let{run:a,layer:o,user:s,steps:c}=n,{client:l,columns:u,display:d,items:f}=e,p={run:a.name,layer:o.name,user:s.index},m=i?.kind===`ready`?i.attention.codes.length*c.length:0,h=Array.from({length:o.head_count},(e,t)=>t),g=m>24e6?[e.selection.head]:h,_=new Map(u?.steps.map((e,t)=>[e,u.epochs[t]??null])),v=[],x=0;for await(let e of $t(l,p,c,t)){if(e.kind===`absent`){v.push({step:e.step,reason:Sn(e.reason)});continue}let t=sn(e.attention,g,_.get(e.step)??null);x=Math.max(x,t.error),v.push(t.frame),await en()}if(v.length===0)return null;let C=t=>{let n=e.axisItems(t);return y(f,n,0,n.length)},w=s.target_item===null?null:S(f,s.target_item),ee=on({language:b[E()]?.tag??`en`,title:A().exports.storyTitle(r(s)),about:[...Cn(n),...wn(i)],heads:g.map(e=>k(o,e)),queryTitles:C(o.query_axis),keyTitles:C(o.key_axis),target:w,frames:v,lists:a.has_recommendations?await Tn(e,n,t):[],palette:d.palette,error:x,words:En(e,x)});return new Blob([ee],{type:`text/html;charset=utf-8`})}function Sn(e){let{title:t}=A().absent;return e in t?t[e]:e}function Cn({run:e,layer:t,user:n,steps:i}){let a=A(),o=e=>d(e,E()),s=`${o(i[0]??0)} – ${o(i.at(-1)??0)}`;return[[a.compare.run,e.display_name],[a.compare.layer,t.name],[a.compare.user,r(n)],...Object.entries(n.attributes),[a.compare.step,`${s} (${a.timeline.of(o(i.length),o(e.step_count))})`]]}function wn(e){let t=e?.kind===`ready`?D(e.attention):``;return t?[[A().exports.storyKept,t]]:[]}async function Tn({client:e,items:t},{run:n,user:r,steps:i},{signal:a}){let o=[];for(let s=0;s<i.length;s+=mn){let c=i.slice(s,s+mn).join(`,`),l=await e.recommendations(n.name,r.index,c,a);l.steps.forEach((e,n)=>{let r=l.scores[n]??[];o.push({step:e,items:(l.items[n]??[]).map((e,n)=>[S(t,e),r[n]??0]),targetRank:l.target_ranks[n]??null})})}return o}function En({display:e},t){let n=A(),{scale:r}=e.palette;return{caution:n.exports.caution,play:n.timeline.play,pause:n.timeline.pause,step:n.timeline.axes.step,head:n.heads.heading,history:n.exports.storyHistory,recommendations:n.recommendations.heading,target:n.exports.storyTarget,none:n.exports.storyNone,bound:q(t),scale:n.heatmap.legendNote(n.tools.scales[r.kind],f(r.top,E())),cell:n.exports.storyCell,picture:n.exports.storyPicture}}var $=class extends Error{name=`ExportError`};async function Dn(e,t,n){let r=await On(e,t,n);if(!r)throw new $(A().exports.nothing);return{name:Ln(e,t),content:r}}function On(e,t,n){switch(t){case`csv`:return An(e);case`npy`:return In(e);case`gif`:return gn(e,n);case`html`:return xn(e,n);default:return kn(e,t)}}async function kn(e,t){let n=dt(e);if(!n)return null;let r=Oe(n);return t===`png`?We(r):new Blob([await nt(r,Ge)],{type:`image/svg+xml`})}function An(e){let{view:t}=e.selection;if(t===`evolution`)return Pn(e);let n=t===`compare`?Nn(e):Mn(e);if(n.reduce((e,{attention:t})=>e+t.queries*t.keys,0)>1048576)throw new $(A().exports.tooMany);if(n.length===0)return null;let r=n.flatMap(e=>[...he(e)]);return Fn(me(jn(n),r))}function jn(e){let t=new Set(e.map(({attention:e})=>e.tiles?.aggregate??``));if(t.size>1)throw new $(A().exports.mixed);let[n]=t;return pe.map(e=>n&&e===`attention`?`${n}_attention`:e)}function Mn(e){let{run:t,user:n,layer:r}=e;return!t||!n||!r?[]:ut(e,r).map(({head:i,attention:a})=>{let{queries:o,keys:s}=lt(e,r,a),c={queryNames:o,keyNames:s,headName:k(r,i)},l=W(e,r,n);return{run:t.name,layer:O(r),user:l,head:i,attention:a,...c}})}function Nn(n){return n.compare.panels.flatMap(i=>{let a=e(n,i),{run:o,layer:s,user:c,picture:l,head:u}=a;return!o||!s||!c||l?.kind!==`ready`?[]:[{run:o.name,layer:O(s),user:r(c),headName:k(s,u),head:u,attention:l.attention,queryNames:t(n,a,`query`),keyNames:t(n,a,`key`)}]})}function Pn(e){let t=G(e),{run:n,layer:i,user:a,selection:o}=e;if(!t||!n||!i||!a)return null;let s=[n.name,i.name,r(a),k(i,o.head)];return Fn(me([`run`,`layer`,`user`,`head`,`step`,`key_position`,`key`,`attention`],t.steps.flatMap((e,n)=>t.names.flatMap((r,i)=>{let a=t.columns[n]?.[i]??NaN;return Number.isNaN(a)?[]:[[...s,e,t.positions[i]??i,r,a]]}))))}function Fn(e){return new Blob([e],{type:`text/csv;charset=utf-8`})}function In(e){let{view:t}=e.selection;if(t===`evolution`){let t=G(e);if(!t)return null;let[n,r]=[t.names.length,t.steps.length],i=new Float32Array(n*r);return t.columns.forEach((e,t)=>e.forEach((e,n)=>i[n*r+t]=e)),new Blob([z(i,[n,r])])}if(t===`compare`){let t=Nn(e);if(t.length===0)return null;let{values:n,shape:r}=ze(t.map(({attention:e,head:t})=>{let{queries:n,keys:r}=e;return{values:Re(e,[t]),queries:n,keys:r}}));return new Blob([z(n,r)])}let n=e.layer&&e.picturedFrame(e.layer);if(n?.kind!==`ready`)return null;let{attention:r}=n,i=Array.from({length:r.heads},(e,t)=>t),a=[i.length,r.queries,r.keys];return new Blob([z(Re(r,i),a)])}function Ln(e,t){let{run:n,layer:i,user:a,selection:o,timeline:s}=e,c=t===`html`,l=t===`gif`||c,u=i?Rn(e,i):``,d=l||o.view===`evolution`,f=o.view===`compare`&&!c?[`compare`]:[n?.display_name??``,i?O(i):``,a&&i&&!l?W(e,i,a):a?r(a):``,...t===`npy`||t===`html`||o.view===`heads`?[]:[`head-${o.head}`]];return u&&!c&&f.push(`${u}-of-tiles`),se([...f,...d?[]:[`step-${s.shown??``}`]],t)}function Rn(e,t){let n=e.picturedFrame(t);return n?.kind===`ready`&&n.attention.tiles?.aggregate||``}export{$ as ExportError,Dn as fileOf};